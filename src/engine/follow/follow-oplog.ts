import { isLarderError } from '../../core/errors.ts';
import { oplogGapCauses, type OplogGapCause } from '../../core/oplog-archive.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Timers } from '../../lib/timers.ts';
import { translateMongoError } from '../../mongo/connect.ts';
import type { OplogArchive } from '../../repository/port.ts';
import { openSource } from '../capture/source.ts';
import { followMember } from './follow-member.ts';
import type { FollowOrder, FollowReport } from './follow-messages.ts';
import { beginTimeline, takeUpArchive, type Standing } from './timelines.ts';

export interface FollowOplog {
  /** Opens the archive; asked again after a failure of the store. */
  readonly openArchive: () => Promise<OplogArchive>;
  /** The newest order for the instance. */
  readonly order: () => FollowOrder;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly intervalMs: number;
  readonly segmentBytes: number;
  readonly report: (report: FollowReport) => void;
  readonly signal: AbortSignal;
}

/** Waits between tries, milliseconds; the last one repeats. */
const retryWaits = [250, 1_000, 3_000, 10_000];

interface Gap {
  readonly cause: OplogGapCause;
  readonly detail: string;
}

/**
 * Archives the oplog of one instance until the signal is aborted; never throws. Goes on where the archive ends, on the member that
 * disturbs least, and on another when that is lost. Whatever keeps it from going on is reported and tried again. Only when no member
 * that can be reached holds the entry that was archived last is a gap recorded, and a new timeline begun.
 */
export async function followOplog(follow: FollowOplog): Promise<void> {
  const { timers, signal, report } = follow;
  /** Members that come last when one is chosen, and of those the ones that hold another history. */
  const failed = new Set<string>();
  const gaps = new Map<string, Gap>();
  let standing: Standing | null = null;
  let failures = 0;
  while (!signal.aborted) {
    let member: string | null = null;
    try {
      const archive = await follow.openArchive();
      await using source = await openSource(follow.order().uri, signal, failed);
      member = source.member;
      const here = { ...follow, archive, source, signal: AbortSignal.any([signal, source.lost]) };
      standing ??= await takeUpArchive(here, follow.order().base);
      const gap = gaps.get(member);
      if (gap !== undefined) {
        await beginTimeline(here, standing, gap);
        gaps.clear();
      }
      const onRound = (): void => {
        failures = 0;
        failed.clear();
        gaps.clear();
      };
      await followMember({ ...here, onRound, restoredAt: () => follow.order().restoredAt }, standing);
    } catch (error) {
      if (signal.aborted) return;
      if (member !== null) failed.add(member);
      const gap = gapOf(error);
      if (member !== null && gap !== null) {
        gaps.set(member, gap);
        continue;
      }
      report({ kind: 'stalled', cause: translateMongoError(error, 'capture-failed', 'The oplog could not be archived').message });
      await timers.sleep(retryWaits[Math.min(failures++, retryWaits.length - 1)]!, signal);
    }
  }
}

function gapOf(error: unknown): Gap | null {
  if (!isLarderError(error, 'capture-failed')) return null;
  const cause = oplogGapCauses.find((known) => known === error.details['gap']);
  return cause === undefined ? null : { cause, detail: error.message };
}
