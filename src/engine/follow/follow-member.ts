import { isLarderError, LarderError } from '../../core/errors.ts';
import { compareClusterTime, type OpTime } from '../../core/image.ts';
import type { OplogGapCause } from '../../core/oplog-archive.ts';
import { batchOfDocuments, documentLength } from '../../lib/raw-bson.ts';
import type { Timers } from '../../lib/timers.ts';
import { oldestOplogEntry } from '../../mongo/member-load.ts';
import { majorityOpTime } from '../../mongo/members.ts';
import { readOplogEntry } from '../../mongo/oplog-entry.ts';
import { isPeriodicNote } from '../../mongo/periodic-note.ts';
import { readRawOplog } from '../../mongo/read-oplog.ts';
import { barrierOf } from './oplog-barrier.ts';
import { idleMayWait, roundLength } from './round-length.ts';
import { beginTimeline, type ArchiveSide, type Standing } from './timelines.ts';

export interface FollowMember extends ArchiveSide {
  readonly timers: Timers;
  readonly intervalMs: number;
  readonly segmentBytes: number;
  /** When the last restore onto the instance ended, ISO 8601; may change while the member is followed. */
  readonly restoredAt: () => string | null;
  /** Told after each round in which nothing went wrong. */
  readonly onRound: () => void;
}

/**
 * Archives what the member commits, from `standing` on, until the signal ends it or something fails, which is thrown: what cannot be
 * read on this member, what the store refuses. Each round proves that the oplog goes on with the very entry that was stored last; if
 * it does not, `capture-failed` is thrown with the cause of the gap as its detail `gap`, and nothing was stored.
 */
export async function followMember(follow: FollowMember, standing: Standing): Promise<void> {
  const { source, clock, timers, signal } = follow;
  let storedAt: number | null = null;
  for (;;) {
    const begun = clock.now().getTime();
    const restoredAt = follow.restoredAt();
    if (restoredAt !== null && restoredAt > standing.begunAt)
      await beginTimeline(follow, standing, { cause: 'restored', detail: 'A restore wrote over the instance.' });
    const from = positionOf(standing);
    const target = await majorityOpTime(source.client, signal);
    if (compareClusterTime(target, from) < 0) throw behind(source.member);
    const oldest = await oldestOplogEntry(source.client, signal).catch(() => null);
    const idleWaits = storedAt !== null && idleMayWait(follow, Math.abs(begun - storedAt));
    const bytes = await archiveUpTo(follow, standing, { target, idleWaits }).catch((error: unknown) => {
      throw isLarderError(error, 'capture-failed') && error.details['gap'] === true ? gapAt(source.member, from, oldest) : error;
    });
    const waits = bytes === null;
    if (bytes !== null && bytes > 0) storedAt = begun;
    // What only says that the source is there keeps nothing from being restored: the archive is not behind.
    follow.report({ kind: 'looked', sourceSeconds: waits ? from.t : target.t, oldestSeconds: oldest });
    follow.onRound();
    const window = oldest === null ? null : target.t - oldest;
    const length = roundLength({ ...follow, bytes: bytes ?? 0, seconds: target.t - from.t, window });
    await timers.sleep(Math.max(0, begun + length - clock.now().getTime()), signal);
    signal.throwIfAborted();
  }
}

interface ArchiveUpTo {
  readonly target: OpTime;
  /** Entries by which the source only says that it is there may be left for a later round. */
  readonly idleWaits: boolean;
}

/** Stores what follows, and tells how many bytes that was; null where it was left for a later round. */
async function archiveUpTo(follow: FollowMember, standing: Standing, { target, idleWaits }: ArchiveUpTo): Promise<number | null> {
  const { archive, source, report, segmentBytes, signal } = follow;
  let idle = idleWaits;
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let bytes = 0;
  const flush = async (): Promise<void> => {
    if (waiting.length === 0) return;
    const place = { timeline: standing.timeline, after: positionOf(standing) };
    const { after, to } = await archive.append(place, batchOfDocuments(waiting), { signal });
    standing.at = to;
    waiting = [];
    waitingBytes = 0;
    report({ kind: 'stored', timeline: place.timeline, after, to });
  };
  for await (const { buffer, starts, count } of readRawOplog(source.client, positionOf(standing), target, signal)) {
    for (let n = 0; n < count; n++) {
      const start = starts[n]!;
      const barrier = barrierOf(buffer, start);
      if (barrier !== null) {
        await flush();
        const { t, i } = readOplogEntry(buffer, start).time;
        await beginTimeline(follow, standing, { cause: 'not-replayable', detail: `At ${t}:${i} there is ${barrier}.` });
        return bytes;
      }
      idle &&= isPeriodicNote(buffer, start);
      const entry = buffer.subarray(start, start + documentLength(buffer, start));
      waiting.push(entry);
      waitingBytes += entry.length;
      bytes += entry.length;
      if (waitingBytes >= segmentBytes) await flush();
    }
  }
  if (idle && bytes > 0) return null;
  await flush();
  return bytes;
}

function positionOf({ at }: Standing): OpTime {
  if (at === null) throw new LarderError('internal', 'the archive has no end to go on from');
  return at;
}

/** Whether the oplog of the member lost what comes next, or tells of another history. */
function gapAt(member: string, at: OpTime, oldest: number | null): LarderError {
  const rolledOver = oldest !== null && oldest > at.t;
  const cause: OplogGapCause = rolledOver ? 'rolled-over' : 'rolled-back';
  const where = `${at.t}:${at.i} of term ${at.term}`;
  const message = rolledOver
    ? `The oplog of ${member} begins at ${new Date(oldest * 1000).toISOString()}, after the entry ${where} that was archived last.`
    : `The oplog of ${member} does not hold the entry ${where} that was archived last: its history is another.`;
  return new LarderError('capture-failed', message, { retryable: true, details: { gap: cause } });
}

function behind(member: string): LarderError {
  return new LarderError('capture-failed', `The member ${member} has not come as far as the archive yet.`, {
    retryable: true,
    details: { elsewhere: true },
  });
}
