import type { MongoClient } from 'mongodb';
import { LarderError } from '../../core/errors.ts';
import type { Manifest } from '../../core/image.ts';
import { connect } from '../../mongo/connect.ts';
import { keepsEmptyTimestamps } from '../../mongo/supported-versions.ts';

/** The primary that a restore writes to, through the driver's own discovery. */
export interface Target extends AsyncDisposable {
  readonly client: MongoClient;
  /** `database.user` that we are logged in as; empty where the server asks for nobody. */
  readonly ownUsers: ReadonlySet<string>;
  /** `database.role` of every role that we have there. */
  readonly ownRoles: ReadonlySet<string>;
  /** False where there are, or may be, secondaries that replace an empty timestamp by the time. */
  readonly keepsEmptyTimestamps: boolean;
}

/** Connects and refuses what cannot hold images of these sources: `unsupported-operation`. */
export async function openTarget(uri: string, sources: readonly Manifest['source'][], signal: AbortSignal): Promise<Target> {
  const connection = await connect(uri, { longCommands: true, signal });
  const { client } = connection;
  try {
    await refuseOlderServer(client, sources, signal);
    const status = await client.db('admin').command({ connectionStatus: 1 }, { signal });
    const users = status['authInfo'].authenticatedUsers as { user: string; db: string }[];
    const roles = status['authInfo'].authenticatedUserRoles as { role: string; db: string }[];
    const { version } = await client.db('admin').command({ buildInfo: 1 }, { signal });
    const { setName } = await client.db('admin').command({ hello: 1 }, { signal });
    return {
      client,
      keepsEmptyTimestamps: setName === undefined || keepsEmptyTimestamps(String(version)),
      ownUsers: new Set(users.map(({ db, user }) => `${db}.${user}`)),
      ownRoles: new Set(roles.map(({ db, role }) => `${db}.${role}`)),
      [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
    };
  } catch (error) {
    await connection[Symbol.asyncDispose]();
    throw error;
  }
}

/** Data goes to the same or a newer feature compatibility version only (pitfalls R9). */
async function refuseOlderServer(
  client: MongoClient,
  sources: readonly Manifest['source'][],
  signal: AbortSignal,
): Promise<void> {
  const admin = client.db('admin');
  const answer = await admin.command({ getParameter: 1, featureCompatibilityVersion: 1 }, { signal }).catch(() => null);
  const told = versionNumber(answer?.['featureCompatibilityVersion']?.version);
  // Whoever may not ask for that still learns the server's own version, which its data is never ahead of.
  const target = told ?? versionNumber((await admin.command({ buildInfo: 1 }, { signal }))['version']);
  for (const { featureCompatibilityVersion } of sources) {
    const image = versionNumber(featureCompatibilityVersion);
    if (target === null || image === null || target >= image) continue;
    throw new LarderError(
      'unsupported-operation',
      `The backup was taken at feature compatibility version ${featureCompatibilityVersion}; the target is at an older one and could not hold all of it.`,
    );
  }
}

function versionNumber(version: unknown): number | null {
  const match = /^(\d+)\.(\d+)/.exec(String(version));
  return match === null ? null : Number(match[1]) * 1000 + Number(match[2]);
}
