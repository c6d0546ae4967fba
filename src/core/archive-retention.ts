/** What of an archived oplog nothing needs any more. Pure: the same archive, images and moment give the same answer. */
import { compareClusterTime, type ClusterTime } from './image.ts';
import { isBaseOf, pointBefore, type ArchivedStretch, type ReplayBase } from './oplog-archive.ts';

/**
 * Who the archive is for. `followed`: an instance whose oplog is being archived; `kept`: one whose policy is off, or that is in the
 * recycle bin; `gone`: nobody, the instance was deleted.
 */
export type ArchiveOwner = 'followed' | 'kept' | 'gone';

/**
 * Why something stays or goes. `needed`: a moment restores by it. `before-oldest-base`: no image is there to begin at. `past-keep-days`:
 * only moments older than the policy's days restore by it. `no-base`: history that ended and that no image begins. `end`: where the
 * archive goes on. `instance-gone`.
 */
export type ArchiveReason = 'needed' | 'before-oldest-base' | 'past-keep-days' | 'no-base' | 'end' | 'instance-gone';

export interface ArchiveFacts {
  /** All timelines; those without an entry have no stretch. */
  readonly timelines: readonly { readonly number: number; readonly stretches: readonly ArchivedStretch[] }[];
  /** The images that there are. */
  readonly bases: readonly ReplayBase[];
  readonly owner: ArchiveOwner;
  /** Seconds since 1970: moments before need not restore; null where only images decide. */
  readonly horizon: number | null;
  /** A backup is being made, whose image may lie where none is yet. */
  readonly beingMade: boolean;
}

/** What becomes of one timeline. */
export interface TimelineVerdict {
  readonly number: number;
  /** What stays, each from some entry of a stretch to the end of it. Empty: nothing, and the timeline itself goes. */
  readonly keep: readonly ArchivedStretch[];
  /** False where everything stays. */
  readonly removes: boolean;
  /** Of what goes; `needed` where nothing does. */
  readonly reason: ArchiveReason;
}

/**
 * One verdict for each timeline, in the order given. Whatever moment restores and is not older than the horizon restores by the same image
 * afterwards. Where the newest timeline ends something always stays, unless the instance is gone: history goes on there. What was
 * removed before, if the facts say so, changes nothing.
 */
export function planArchiveRetention(facts: ArchiveFacts): readonly TimelineVerdict[] {
  const newest = Math.max(...facts.timelines.map(({ number }) => number));
  return facts.timelines.map(({ number, stretches }) => {
    if (facts.owner === 'gone') return { number, keep: [], removes: true, reason: 'instance-gone' };
    const keep: ArchivedStretch[] = [];
    let reason: ArchiveReason = 'needed';
    for (const [n, stretch] of stretches.entries()) {
      const end = number === newest && n === stretches.length - 1;
      const { from, why } = end ? judgeEnd(stretch, facts) : judgePast(stretch, facts);
      if (from !== null) keep.push(beginningAt(stretch, from));
      if (from === null || compareClusterTime(from, stretch.after) > 0) reason = why;
    }
    if (stretches.length === 0 && number !== newest) return { number, keep, removes: true, reason: 'no-base' };
    return { number, keep, removes: reason !== 'needed', reason };
  });
}

interface Judgement {
  /** Every entry later than this stays; null: none does. */
  readonly from: ClusterTime | null;
  /** Of what goes. */
  readonly why: ArchiveReason;
}

/** History that ended: worth what restores by it. */
function judgePast(stretch: ArchivedStretch, { bases, horizon, beingMade }: ArchiveFacts): Judgement {
  if (horizon !== null && stretch.to.t < horizon) return { from: null, why: 'past-keep-days' };
  const needed = neededFrom(stretch, bases, horizon);
  if (needed !== null) return needed;
  return { from: beingMade ? stretch.after : null, why: 'no-base' };
}

/** Where the archive goes on, its last segment in any case. */
function judgeEnd(stretch: ArchivedStretch, { bases, horizon, beingMade, owner }: ArchiveFacts): Judgement {
  const last = pointBefore(stretch.to);
  const needed = neededFrom(stretch, bases, horizon);
  if (needed?.from) return { ...needed, from: earlier(needed.from, last) };
  if (beingMade) return { from: stretch.after, why: 'end' };
  // The next image will lie at its end. Until then it may grow for as long as the policy says.
  if (owner === 'followed')
    return { from: horizon === null ? stretch.after : earlier({ t: horizon, i: 0 }, last), why: 'past-keep-days' };
  return { from: last, why: 'end' };
}

/** From where on the images need it; null where there is none. */
function neededFrom(stretch: ArchivedStretch, bases: readonly ReplayBase[], horizon: number | null): Judgement | null {
  const own = bases.filter((base) => isBaseOf(base, stretch)).toSorted((a, b) => compareClusterTime(a.time, b.time));
  if (own.length === 0) return null;
  // Every moment from the horizon on takes the newest image before it, or a later one.
  const first =
    horizon === null
      ? 0
      : Math.max(
          0,
          own.findLastIndex(({ time }) => time.t < horizon),
        );
  const from = own
    .slice(first)
    .map(({ oplogAfter }) => oplogAfter)
    .reduce(earlier);
  return { from, why: first > 0 ? 'past-keep-days' : 'before-oldest-base' };
}

/** What is left of the stretch, said without knowing where its segments begin: no more than is there. */
function beginningAt(stretch: ArchivedStretch, { t, i }: ClusterTime): ArchivedStretch {
  return compareClusterTime({ t, i }, stretch.after) <= 0 ? stretch : { ...stretch, after: { t, i, term: stretch.after.term } };
}

function earlier(a: ClusterTime, b: ClusterTime): ClusterTime {
  return compareClusterTime(a, b) <= 0 ? a : b;
}
