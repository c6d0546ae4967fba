import type { MongoClient } from 'mongodb';
import { LarderError } from '../../core/errors.ts';
import type { Manifest } from '../../core/image.ts';
import { connect } from '../../mongo/connect.ts';
import { isCaptured, listUserDatabases } from '../../mongo/collection-catalog.ts';

/** The primary that a restore writes to, through the driver's own discovery. */
export interface Target extends AsyncDisposable {
  readonly client: MongoClient;
  /** `database.user` that we are logged in as; empty where the server asks for nobody. */
  readonly ownUsers: ReadonlySet<string>;
}

/** Connects and refuses what cannot hold the image: `unsupported-operation`, `target-not-empty` unless `overwrite`. */
export async function openTarget(uri: string, manifest: Manifest, overwrite: boolean, signal: AbortSignal): Promise<Target> {
  const connection = await connect(uri, { signal });
  const { client } = connection;
  try {
    await refuseOlderServer(client, manifest, signal);
    if (!overwrite) await refuseUserData(client, signal);
    const status = await client.db('admin').command({ connectionStatus: 1 }, { signal });
    const users = status['authInfo'].authenticatedUsers as { user: string; db: string }[];
    return {
      client,
      ownUsers: new Set(users.map(({ db, user }) => `${db}.${user}`)),
      [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
    };
  } catch (error) {
    await connection[Symbol.asyncDispose]();
    throw error;
  }
}

/** Collections of `admin` that are not the server's own. */
export async function adminCollections(client: MongoClient, signal: AbortSignal): Promise<readonly string[]> {
  const collections = await client.db('admin').listCollections({}, { nameOnly: true, signal }).toArray();
  return collections.map(({ name }) => name).filter((name) => !name.startsWith('system.'));
}

/** Data goes to the same or a newer feature compatibility version only (pitfalls R9). */
async function refuseOlderServer(client: MongoClient, { source }: Manifest, signal: AbortSignal): Promise<void> {
  const answer = await client
    .db('admin')
    .command({ getParameter: 1, featureCompatibilityVersion: 1 }, { signal })
    .catch(() => null);
  const target = versionNumber(answer?.['featureCompatibilityVersion']?.version);
  const image = versionNumber(source.featureCompatibilityVersion);
  if (target !== null && image !== null && target < image) {
    throw new LarderError(
      'unsupported-operation',
      `The backup was taken at feature compatibility version ${source.featureCompatibilityVersion}; the target is at an older one and could not hold all of it.`,
    );
  }
}

async function refuseUserData(client: MongoClient, signal: AbortSignal): Promise<void> {
  const held: string[] = (await adminCollections(client, signal)).map((name) => `admin.${name}`);
  for (const db of await listUserDatabases(client, signal)) {
    if (db === 'admin') continue;
    const collections = await client.db(db).listCollections({}, { nameOnly: true, signal }).toArray();
    held.push(
      ...collections
        .map(({ name }) => name)
        .filter((name) => isCaptured(db, name))
        .map((name) => `${db}.${name}`),
    );
  }
  if (held.length === 0) return;
  const shown = held.slice(0, 5).join(', ') + (held.length > 5 ? ` and ${held.length - 5} more` : '');
  throw new LarderError(
    'target-not-empty',
    `The target is not empty; a restore would replace ${shown}. Ask for overwriting if that is meant.`,
  );
}

function versionNumber(version: unknown): number | null {
  const match = /^(\d+)\.(\d+)/.exec(String(version));
  return match === null ? null : Number(match[1]) * 1000 + Number(match[2]);
}
