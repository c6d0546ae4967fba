import type { MongoClient } from 'mongodb';
import { LarderError } from '../core/errors.ts';
import { compareClusterTime } from '../core/image.ts';
import type { ClusterTime } from '../core/image.ts';
import { toTimestamp } from './cluster-time.ts';
import type { OpTime } from '../core/image.ts';
import { readOplogEntry } from './oplog-entry.ts';
import type { OplogEntry } from './oplog-entry.ts';
import { readRaw } from './raw-cursor.ts';

/**
 * The entries after `from` up to and including `to`, in order, without no-ops' contents. `to` must be majority-committed.
 * The very entry at `from` must come first (pitfalls O2): if it is not there, or of another term, the history that we built
 * on is gone, and `capture-failed` with detail `gap` is thrown.
 */
export async function* readOplog(
  client: MongoClient,
  from: OpTime,
  to: ClusterTime,
  signal: AbortSignal,
): AsyncGenerator<OplogEntry, void, undefined> {
  if (compareClusterTime(from, to) >= 0) return;
  const filter = { ts: { $gte: toTimestamp(from), $lte: toTimestamp(to) } };
  let first = true;
  for await (const batch of readRaw(
    client.db('local'),
    { find: 'oplog.rs', filter, readConcern: { level: 'majority' } },
    { signal },
  )) {
    for (let n = 0; n < batch.count; n++) {
      const entry = readOplogEntry(batch.buffer, batch.starts[n]!);
      if (first) {
        if (!isAt(entry, from)) throw gap(from);
        first = false;
      } else yield entry;
    }
  }
  if (first) throw gap(from);
}

/** True if the oplog still holds the entry at exactly this time and term. */
export async function oplogReachesBackTo(client: MongoClient, point: OpTime, signal: AbortSignal): Promise<boolean> {
  const entry = await readOplogEntryAt(client, point, signal);
  return entry !== null && entry.term === point.term;
}

/** The entry at exactly `time`, or null if the oplog does not hold it (any more). */
export async function readOplogEntryAt(client: MongoClient, time: ClusterTime, signal: AbortSignal): Promise<OplogEntry | null> {
  const command = { find: 'oplog.rs', filter: { ts: toTimestamp(time) }, limit: 1, readConcern: { level: 'majority' } };
  for await (const batch of readRaw(client.db('local'), command, { signal, firstBatch: 1 })) {
    if (batch.count > 0) return readOplogEntry(batch.buffer, batch.starts[0]!);
  }
  return null;
}

/** Resolves if the member's oplog holds the entry at exactly this time and term: its history is the one we know. Else as `readOplog`. */
export async function proveContinuity(client: MongoClient, point: OpTime, signal: AbortSignal): Promise<void> {
  if (!(await oplogReachesBackTo(client, point, signal))) throw gap(point);
}

function isAt(entry: OplogEntry, { t, i, term }: OpTime): boolean {
  return compareClusterTime(entry.time, { t, i }) === 0 && entry.term === term;
}

function gap(from: OpTime): LarderError {
  return new LarderError(
    'capture-failed',
    `The oplog of the member does not hold the entry at ${from.t}:${from.i} of term ${from.term} any more: it is too small for this workload, or was rolled back.`,
    { retryable: true, details: { gap: true } },
  );
}
