import type { Document, MongoClient } from 'mongodb';
import type { DeploymentNode } from '../core/deployment.ts';
import { LarderError } from '../core/errors.ts';
import type { OpTime } from '../core/image.ts';
import { fromTimestamp } from './cluster-time.ts';

/** A member of a replica set as its set sees it. */
export interface Member {
  /** `host:port` */
  readonly host: string;
  readonly state: 'primary' | 'secondary' | 'arbiter' | 'other';
  readonly hidden: boolean;
  readonly priority: number;
  /** Configured delay, seconds. */
  readonly delay: number;
  /** How far behind the primary's last entry it is, in seconds; 0 for the primary. */
  readonly lag: number;
}

/** A secondary further behind than this is passed over while a closer one is there. Seconds. */
const largestLag = 60;

/**
 * The members of the set, from its configuration and status where we may see them, else from `hello`. That leaves out hidden and delayed
 * members, but for the one that answers, and says of no other how far behind it is: each tells that itself, see `asItSays`.
 */
export async function listMembers(client: MongoClient, signal: AbortSignal): Promise<readonly Member[]> {
  const admin = client.db('admin');
  // Every member knows, and the set may have no primary.
  const options = { signal, readPreference: 'primaryPreferred' } as const;
  const hello = await admin.command({ hello: 1 }, options);
  const configuration = await admin.command({ replSetGetConfig: 1 }, options).catch(() => null);
  const status = await admin.command({ replSetGetStatus: 1 }, options).catch(() => null);
  if (configuration === null || status === null) return membersFromHello(hello);
  const states = new Map<string, Document>((status['members'] as Document[]).map((member) => [String(member['name']), member]));
  const newest = Math.max(...[...states.values()].map((member) => secondsOf(member)));
  return (configuration['config'].members as Document[]).map((member) => {
    const state = states.get(String(member['host']));
    return {
      host: String(member['host']),
      state: stateOf(state),
      hidden: member['hidden'] === true,
      priority: Number(member['priority'] ?? 1),
      delay: Number(member['secondaryDelaySecs'] ?? member['slaveDelay'] ?? 0),
      lag: state === undefined ? Infinity : newest - secondsOf(state),
    };
  });
}

/**
 * The members worth reading a backup from, the one that disturbs the least first: hidden, then secondaries by lag and
 * priority, then the primary. Delayed members come last: what they hold is old.
 */
export function rankForReading(members: readonly Member[]): readonly Member[] {
  const rank = (member: Member): number => {
    if (member.delay > 0) return 4;
    if (member.state === 'primary') return 2;
    if (isLate(member)) return 3;
    return member.hidden ? 0 : 1;
  };
  return members
    .filter((member) => member.state === 'primary' || member.state === 'secondary')
    .toSorted((a, b) => rank(a) - rank(b) || a.lag - b.lag || a.priority - b.priority || (a.host < b.host ? -1 : 1));
}

/** Whether it is read only where no current one can be: it is delayed, or too far behind. */
export function isLate({ delay, lag, state }: Member): boolean {
  return delay > 0 || (state !== 'primary' && lag > largestLag);
}

/** The member with what its own `hello`, which everybody may ask for, says of its delay and, where `newest` is known, of its lag. */
export function asItSays(member: Member, hello: Document, newest: number | null): Member {
  const delay = Number(hello['secondaryDelaySecs'] ?? hello['slaveDelay'] ?? 0);
  const applied = hello['lastWrite']?.opTime?.ts;
  const lag = newest === null || applied === undefined ? member.lag : Math.max(0, newest - fromTimestamp(applied).t);
  return { ...member, delay: Math.max(delay, member.delay), lag };
}

/** The newest majority-committed optime as this member knows it: everything up to it is readable on it and stays. */
export async function majorityOpTime(client: MongoClient, signal: AbortSignal): Promise<OpTime> {
  const hello = await client.db('admin').command({ hello: 1 }, { signal });
  const opTime = hello['lastWrite']?.majorityOpTime;
  if (opTime === undefined)
    throw new LarderError('capture-failed', 'The member does not report a majority-committed optime.', {
      retryable: true,
      details: { elsewhere: true },
    });
  return { ...fromTimestamp(opTime.ts), term: Number(opTime.t) };
}

/** The newest optime that this member has applied, committed or not; the beginning of time on a server without an oplog. */
export async function appliedOpTime(client: MongoClient, signal: AbortSignal): Promise<OpTime> {
  const hello = await client.db('admin').command({ hello: 1 }, { signal });
  if (hello['setName'] === undefined) return { t: 0, i: 0, term: -1 };
  return { ...fromTimestamp(hello['lastWrite'].opTime.ts), term: Number(hello['lastWrite'].opTime.t) };
}

/** Between which times what a member shows now lies, with the term in which it stands. */
export interface SightTimes {
  /** All that happened up to here is in it. */
  readonly from: OpTime;
  /** Nothing that happened after this is. */
  readonly to: OpTime;
}

/**
 * Asked before and after something that is read as it is now (definitions cannot be read at a time): whatever it shows lies between
 * `from` of the first answer and `to` of the second. A secondary has all of what it says it has applied. On a primary that is not so: a write of
 * before may still be on its way, and one after it be seen already. The beginning of time on a server without an oplog.
 */
export async function sightTimes(client: MongoClient, signal: AbortSignal): Promise<SightTimes> {
  const hello = await client.db('admin').command({ hello: 1 }, { signal });
  if (hello['setName'] === undefined) return { from: { t: 0, i: 0, term: -1 }, to: { t: 0, i: 0, term: -1 } };
  const { opTime, majorityOpTime: committed } = hello['lastWrite'];
  const term = Number(opTime.t);
  const applied = { ...fromTimestamp(opTime.ts), term };
  if (hello['isWritablePrimary'] !== true) return { from: applied, to: applied };
  // Before the majority has something, all of before it is there; and a write has its time before anybody sees it.
  const newest = hello['$clusterTime']?.clusterTime;
  return {
    from: { ...(committed === undefined ? { t: 0, i: 0 } : fromTimestamp(committed.ts)), term },
    to: newest === undefined ? applied : { ...fromTimestamp(newest), term },
  };
}

/** Members as the API shows nodes. */
export function toNodes(members: readonly Member[]): readonly DeploymentNode[] {
  return members
    .filter(({ state }) => state !== 'arbiter')
    .map((member) => {
      const colon = member.host.lastIndexOf(':');
      return {
        host: member.host.slice(0, colon),
        port: Number(member.host.slice(colon + 1)),
        role: roleOf(member),
        healthy: member.state !== 'other',
      };
    });
}

function roleOf(member: Member): DeploymentNode['role'] {
  if (member.state === 'primary') return 'Primary';
  if (member.state !== 'secondary') return 'unknown';
  return member.hidden ? 'Hidden' : 'Secondary';
}

function membersFromHello(hello: Document): readonly Member[] {
  const primary = hello['primary'] as string | undefined;
  const plain = (host: string, hidden: boolean, priority: number): Member => ({
    host,
    state: host === primary ? 'primary' : 'secondary',
    hidden,
    priority,
    delay: 0,
    lag: 0,
  });
  const shown = [
    ...((hello['hosts'] ?? []) as string[]).map((host) => plain(host, false, 1)),
    ...((hello['passives'] ?? []) as string[]).map((host) => plain(host, false, 0)),
  ];
  const isUnseen = hello['secondary'] === true && !shown.some(({ host }) => host === hello['me']);
  return isUnseen ? [...shown, asItSays(plain(String(hello['me']), hello['hidden'] === true, 0), hello, null)] : shown;
}

function stateOf(member: Document | undefined): Member['state'] {
  if (member === undefined || member['health'] === 0) return 'other';
  if (member['state'] === 1) return 'primary';
  if (member['state'] === 2) return 'secondary';
  return member['state'] === 7 ? 'arbiter' : 'other';
}

function secondsOf(member: Document): number {
  return member['optime']?.ts === undefined ? 0 : fromTimestamp(member['optime'].ts).t;
}
