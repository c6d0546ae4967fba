import type { Document, MongoClient } from 'mongodb';
import type { Deployment, DeploymentNode, ProbeDeployment } from '../core/deployment.ts';
import { LarderError } from '../core/errors.ts';
import { redactConnectionString } from '../lib/redact.ts';
import { connect, translateMongoError } from './connect.ts';
import { checkPrivileges } from './check-privileges.ts';
import { listMembers, toNodes } from './members.ts';
import { listUserDatabases } from './collection-catalog.ts';
import { refuseOldVersion } from './supported-versions.ts';

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
  const { version } = await admin.command({ buildInfo: 1 }, { signal });
  // First, because what is too old does not know the next command.
  refuseOldVersion(String(version));
  const hello = await admin.command({ hello: 1 }, { signal });
  refuseWhatCannotBeBackedUp(hello);
  await checkPrivileges(client, hello['setName'] !== undefined, signal);
  const setName = (hello['setName'] as string | undefined) ?? null;
  const nodes = setName === null ? singleNode(client) : toNodes(await listMembers(client, signal));
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

/** The server we are connected to; that it answers makes it healthy. */
function singleNode(client: MongoClient): readonly DeploymentNode[] {
  return client.options.hosts
    .slice(0, 1)
    .map(({ host, port }) => ({ host: host ?? '', port: port ?? 27017, role: 'Primary', healthy: true }));
}

function refuseWhatCannotBeBackedUp(hello: Document): void {
  if (hello['msg'] === 'isdbgrid') {
    throw new LarderError(
      'instance-unsupported',
      'This is a mongos: sharded clusters are not supported by this version of Larder. Give the connection string of a replica set.',
    );
  }
  if (hello['isreplicaset'] === true) {
    throw new LarderError(
      'instance-unsupported',
      'This server waits to become a member of a replica set: initiate the set first.',
    );
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
