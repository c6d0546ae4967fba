import type { Document, MongoClient } from 'mongodb';
import type { Deployment, ProbeDeployment } from '../core/deployment.ts';
import { LarderError } from '../core/errors.ts';
import { redactConnectionString } from '../lib/redact.ts';
import { connect, translateMongoError } from './connect.ts';
import { listMembers, toNodes } from './members.ts';
import { listUserDatabases } from './collection-catalog.ts';

/** The oldest server line that reads at a cluster time outside transactions, which capture is built on. */
const oldestMajor = 5;

/** See ProbeDeployment. */
export const probeDeployment: ProbeDeployment = async (uri, signal) => {
  await using connection = await connect(uri, { signal });
  try {
    return await describe(connection.client, uri, signal);
  } catch (error) {
    throw translateMongoError(error, 'instance-unreachable', 'the MongoDB instance cannot be examined');
  }
};

async function describe(client: MongoClient, uri: string, signal: AbortSignal): Promise<Deployment> {
  const admin = client.db('admin');
  const hello = await admin.command({ hello: 1 }, { signal });
  const { version } = await admin.command({ buildInfo: 1 }, { signal });
  refuseWhatCannotBeBackedUp(hello, String(version));
  const setName = (hello['setName'] as string | undefined) ?? null;
  const nodes = setName === null ? [] : toNodes(await listMembers(client, signal));
  return {
    mode: setName === null ? 'Single' : 'ReplicaSet',
    serverVersion: String(version),
    setName,
    nodes,
    tls: client.options.tls === true,
    address: redactConnectionString(uri),
    holdsUserData: await holdsUserData(client, signal),
  };
}

function refuseWhatCannotBeBackedUp(hello: Document, version: string): void {
  if (hello['msg'] === 'isdbgrid') {
    throw new LarderError(
      'instance-unsupported',
      'This is a mongos: sharded clusters are not supported by this version of Larder. Give the connection string of a replica set.',
    );
  }
  if (Number.parseInt(version, 10) < oldestMajor) {
    throw new LarderError('instance-unsupported', `MongoDB ${version} is too old: snapshot reads need 5.0 or newer.`);
  }
}

async function holdsUserData(client: MongoClient, signal: AbortSignal): Promise<boolean> {
  for (const db of await listUserDatabases(client, signal)) {
    if (db === 'admin') continue;
    const collections = await client.db(db).listCollections({}, { nameOnly: true, signal }).toArray();
    if (collections.some(({ name }) => !name.startsWith('system.'))) return true;
  }
  return false;
}
