import type { MongoClient } from 'mongodb';
import { LarderError } from '../core/errors.ts';
import { compareClusterTime } from '../core/image.ts';
import type { ClusterTime } from '../core/image.ts';
import type { RawBatch } from '../lib/raw-bson.ts';
import { toTimestamp } from './cluster-time.ts';
import type { OpTime } from '../core/image.ts';
import { readOplogEntry } from './oplog-entry.ts';
import type { OplogEntry } from './oplog-entry.ts';
import { readRaw } from './raw-cursor.ts';

/**
 * The entries after `from` up to and including `to`, in order, as they are. `to` must be majority-committed.
 * The very entry at `from` must come first (pitfalls O2): if it is not there, or of another term, the history that we built
 * on is gone, and `capture-failed` with detail `gap` is thrown.
 */
export async function* readRawOplog(
  client: MongoClient,
  from: OpTime,
  to: ClusterTime,
  signal: AbortSignal,
): AsyncGenerator<RawBatch, void, undefined> {
  if (compareClusterTime(from, to) >= 0) return;
  const filter = { ts: { $gte: toTimestamp(from), $lte: toTimestamp(to) } };
  let first = true;
  for await (const batch of readRaw(
    client.db('local'),
    { find: 'oplog.rs', filter, readConcern: { level: 'majority' } },
    { signal },
  )) {
    if (first && !isAt(readOplogEntry(batch.buffer, batch.starts[0]!), from)) throw gap(from);
    const { buffer, starts, count } = batch;
    yield first ? { buffer, starts: starts.subarray(1), count: count - 1 } : batch;
    first = false;
  }
  if (first) throw gap(from);
}

/** The newest entry at or before a majority-committed time; null if the oplog holds none. It is looked for from the newest on. */
export async function lastOpTimeUpTo(client: MongoClient, time: ClusterTime, signal: AbortSignal): Promise<OpTime | null> {
  const command = {
    find: 'oplog.rs',
    filter: { ts: { $lte: toTimestamp(time) } },
    sort: { $natural: -1 },
    limit: 1,
    readConcern: { level: 'majority' },
  };
  for await (const batch of readRaw(client.db('local'), command, { signal, firstBatch: 1 })) {
    if (batch.count === 0) break;
    return readOplogEntry(batch.buffer, batch.starts[0]!).time;
  }
  return null;
}

/** True if the oplog still holds the entry at exactly this time and term. */
export async function oplogReachesBackTo(client: MongoClient, point: OpTime, signal: AbortSignal): Promise<boolean> {
  const entry = await readOplogEntryAt(client, point, signal);
  return entry !== null && entry.time.term === point.term;
}

/** The entry at exactly `time`, or null if the oplog does not hold it (any more). */
export async function readOplogEntryAt(client: MongoClient, time: ClusterTime, signal: AbortSignal): Promise<OplogEntry | null> {
  const command = { find: 'oplog.rs', filter: { ts: toTimestamp(time) }, limit: 1, readConcern: { level: 'majority' } };
  for await (const batch of readRaw(client.db('local'), command, { signal, firstBatch: 1 })) {
    if (batch.count > 0) return readOplogEntry(batch.buffer, batch.starts[0]!);
  }
  return null;
}

/** Resolves if the member's oplog holds the entry at exactly this time and term: its history is the one we know. Else as `readRawOplog`. */
export async function proveContinuity(client: MongoClient, point: OpTime, signal: AbortSignal): Promise<void> {
  if (!(await oplogReachesBackTo(client, point, signal))) throw gap(point);
}

function isAt({ time }: OplogEntry, point: OpTime): boolean {
  return compareClusterTime(time, point) === 0 && time.term === point.term;
}

function gap(from: OpTime): LarderError {
  return new LarderError(
    'capture-failed',
    `The oplog of the member does not hold the entry at ${from.t}:${from.i} of term ${from.term} any more: it is too small for this workload, or was rolled back.`,
    { retryable: true, details: { gap: true } },
  );
}
