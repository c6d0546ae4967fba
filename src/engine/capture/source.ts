import type { Document, MongoClient } from 'mongodb';
import { LarderError, isLarderError } from '../../core/errors.ts';
import { fromTimestamp } from '../../mongo/cluster-time.ts';
import { connect } from '../../mongo/connect.ts';
import { readsAtClusterTime } from '../../mongo/supported-versions.ts';
import { asItSays, isLate, listMembers, rankForReading } from '../../mongo/members.ts';
import type { Member } from '../../mongo/members.ts';

/** The member a backup is read from, connected. */
export interface Source extends AsyncDisposable {
  readonly client: MongoClient;
  /** Aborts, with the reason, once the member is no longer the one we connected to: restarted, or neither primary nor secondary any more. */
  readonly lost: AbortSignal;
  /**
   * Whom to ask for documents at a cluster time where that takes a transaction (4.4): the primary, which alone runs them, through the
   * driver's own discovery. null where the member itself can be asked.
   */
  readonly transactions: MongoClient | null;
  /** `host:port` */
  readonly member: string;
  /** Configured delay, seconds: what the member holds is that old. */
  readonly delay: number;
  readonly setName: string;
  readonly serverVersion: string;
  /** `unknown` where we may not ask. */
  readonly featureCompatibilityVersion: string;
}

/**
 * Chooses the member that disturbs the least and can be reached from here, and connects to it alone; members in `failed` come last, but for delayed ones.
 * `instance-unreachable` if none can; `instance-unsupported` if this is no replica set.
 */
export async function openSource(uri: string, signal: AbortSignal, failed: ReadonlySet<string> = new Set()): Promise<Source> {
  const { members, newest } = await membersOf(uri, signal);
  let candidates = orderForReading(members, failed);
  const passedOver = new Set<string>();
  let failure: unknown;
  for (let candidate = candidates.shift(); candidate !== undefined; candidate = candidates.shift()) {
    try {
      const { source, told } = await openMember(uri, candidate, newest, signal);
      if (!isLate(told) || isLate(candidate) || passedOver.has(told.host)) return source;
      // Nobody but itself told us, as without a privilege nobody does: now it has its place behind those that are current.
      await source[Symbol.asyncDispose]();
      passedOver.add(told.host);
      candidates = orderForReading([...candidates, told], failed);
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

function orderForReading(members: readonly Member[], failed: ReadonlySet<string>): Member[] {
  // A delayed one even after those that were lost: they may be back, and what it holds is old.
  const order = ({ host, delay }: Member): number => (delay > 0 ? 2 : 0) + (failed.has(host) ? 1 : 0);
  return rankForReading(members).toSorted((a, b) => order(a) - order(b));
}

interface SetMembers {
  readonly members: readonly Member[];
  /** When the primary last wrote, seconds since the epoch; null if there is none. */
  readonly newest: number | null;
}

async function membersOf(uri: string, signal: AbortSignal): Promise<SetMembers> {
  await using connection = await connect(uri, { anyMember: true, signal });
  const hello = await connection.client.db('admin').command({ hello: 1 }, { signal, readPreference: 'primaryPreferred' });
  if (hello['setName'] === undefined) throw new LarderError('instance-unsupported', 'The instance is not a replica set.');
  const written = hello['isWritablePrimary'] === true ? hello['lastWrite']?.opTime?.ts : undefined;
  return {
    members: await listMembers(connection.client, signal),
    newest: written === undefined ? null : fromTimestamp(written).t,
  };
}

interface OpenedMember {
  readonly source: Source;
  /** The member with what it said of itself. */
  readonly told: Member;
}

async function openMember(uri: string, listed: Member, newest: number | null, signal: AbortSignal): Promise<OpenedMember> {
  const { host: member } = listed;
  const opened = new AsyncDisposableStack();
  try {
    const connection = opened.use(await connect(uri, { member, signal }));
    const { client } = connection;
    const admin = client.db('admin');
    const hello = await admin.command({ hello: 1 }, { signal });
    if (hello['secondary'] !== true && hello['isWritablePrimary'] !== true) {
      throw new LarderError('capture-failed', `The member ${member} is neither primary nor secondary.`, { retryable: true });
    }
    const { version } = await admin.command({ buildInfo: 1 }, { signal });
    const fcv = await admin.command({ getParameter: 1, featureCompatibilityVersion: 1 }, { signal }).catch(() => null);
    const transactions = readsAtClusterTime(String(version)) ? null : opened.use(await connect(uri, { signal })).client;
    const told = asItSays(listed, hello, newest);
    const source = {
      client,
      transactions,
      lost: watch(client, member, hello),
      member,
      delay: told.delay,
      setName: String(hello['setName']),
      serverVersion: String(version),
      featureCompatibilityVersion: String(fcv?.['featureCompatibilityVersion']?.version ?? 'unknown'),
      [Symbol.asyncDispose]: () => opened.disposeAsync(),
    };
    return { source, told };
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

/** Follows what the driver hears of the member anyway. */
function watch(client: MongoClient, member: string, first: Document): AbortSignal {
  const lost = new AbortController();
  const lose = (what: string): void =>
    lost.abort(
      new LarderError('capture-failed', `The member ${member} ${what} while it was read.`, {
        retryable: true,
        details: { elsewhere: true },
      }),
    );
  const life = String(first['topologyVersion']?.processId);
  client.on('serverHeartbeatSucceeded', ({ reply }) => {
    if (String(reply['topologyVersion']?.processId) !== life) lose('was restarted');
    else if (reply['secondary'] !== true && reply['isWritablePrimary'] !== true) lose('became neither primary nor secondary');
  });
  return lost.signal;
}
