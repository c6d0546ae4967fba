import type { Document, MongoClient } from 'mongodb';
import { fromTimestamp } from './cluster-time.ts';

/** What a server counts of itself since its start. */
export interface MemberLoad {
  /** Reads that were answered, and the milliseconds they took, all together. */
  readonly reads: number;
  readonly readTime: number;
  /** Shares of the storage engine's cache, 0 to 1; 0 where it has none. */
  readonly cacheUsed: number;
  readonly cacheDirty: number;
}

/** Sections of the answer that we do not look at and the server need not gather. */
const unwanted = [
  'repl',
  'metrics',
  'locks',
  'tcmalloc',
  'transactions',
  'mirroredReads',
  'sharding',
  'security',
  'network',
  'storageEngine',
];

/** Asks a server how it fares. Server errors pass through: a user may lack the privilege. */
export async function readMemberLoad(client: MongoClient, signal: AbortSignal): Promise<MemberLoad> {
  const command = { serverStatus: 1, ...Object.fromEntries(unwanted.map((section) => [section, 0])) };
  const status = await client.db('admin').command(command, { signal });
  const reads = status['opLatencies']?.['reads'] as Document | undefined;
  const cache = status['wiredTiger']?.['cache'] as Document | undefined;
  const most = Number(cache?.['maximum bytes configured'] ?? 0);
  const shareOf = (field: string): number => (most > 0 ? Number(cache?.[field] ?? 0) / most : 0);
  return {
    reads: Number(reads?.['ops'] ?? 0),
    readTime: Number(reads?.['latency'] ?? 0) / 1000,
    cacheUsed: shareOf('bytes currently in the cache'),
    cacheDirty: shareOf('tracked dirty bytes in the cache'),
  };
}

/** Where the oldest entry of a member's oplog lies, seconds since 1970; null if it has none. Server errors pass through. */
export async function oldestOplogEntry(client: MongoClient, signal: AbortSignal): Promise<number | null> {
  const options = { projection: { ts: 1, _id: 0 }, signal };
  const entry = await client.db('local').collection('oplog.rs').find({}, options).sort({ $natural: 1 }).limit(1).next();
  return entry === null ? null : fromTimestamp(entry['ts']).t;
}
