import type { MongoClient } from 'mongodb';
import { LarderError, isLarderError } from '../../core/errors.ts';
import { connect } from '../../mongo/connect.ts';
import { listMembers, rankForReading } from '../../mongo/members.ts';

/** The member a backup is read from, connected. */
export interface Source extends AsyncDisposable {
  readonly client: MongoClient;
  /** `host:port` */
  readonly member: string;
  readonly setName: string;
  readonly serverVersion: string;
  /** `unknown` where we may not ask. */
  readonly featureCompatibilityVersion: string;
}

/**
 * Chooses the member that disturbs the least and can be reached from here, and connects to it alone. `instance-unreachable` if
 * none can; `instance-unsupported` if this is no replica set.
 */
export async function openSource(uri: string, signal: AbortSignal): Promise<Source> {
  const candidates = await candidateMembers(uri, signal);
  let failure: unknown;
  for (const { host } of candidates) {
    try {
      return await openMember(uri, host, signal);
    } catch (error) {
      signal.throwIfAborted();
      failure = error;
      if (!isLarderError(error, 'instance-unreachable') && !isLarderError(error, 'capture-failed')) throw error;
    }
  }
  throw new LarderError('instance-unreachable', 'No member of the replica set that holds data can be reached.', {
    retryable: true,
    cause: failure,
  });
}

async function candidateMembers(uri: string, signal: AbortSignal): ReturnType<typeof listMembers> {
  await using connection = await connect(uri, { signal });
  const hello = await connection.client.db('admin').command({ hello: 1 }, { signal });
  if (hello['setName'] === undefined) throw new LarderError('instance-unsupported', 'The instance is not a replica set.');
  return rankForReading(await listMembers(connection.client, signal));
}

async function openMember(uri: string, member: string, signal: AbortSignal): Promise<Source> {
  const connection = await connect(uri, { member, signal });
  try {
    const { client } = connection;
    const admin = client.db('admin');
    const hello = await admin.command({ hello: 1 }, { signal });
    if (hello['secondary'] !== true && hello['isWritablePrimary'] !== true) {
      throw new LarderError('capture-failed', `The member ${member} is neither primary nor secondary.`, { retryable: true });
    }
    const { version } = await admin.command({ buildInfo: 1 }, { signal });
    const fcv = await admin.command({ getParameter: 1, featureCompatibilityVersion: 1 }, { signal }).catch(() => null);
    return {
      client,
      member,
      setName: String(hello['setName']),
      serverVersion: String(version),
      featureCompatibilityVersion: String(fcv?.['featureCompatibilityVersion']?.version ?? 'unknown'),
      [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
    };
  } catch (error) {
    await connection[Symbol.asyncDispose]();
    throw error;
  }
}
