/** The archive of an oplog and the points in time it restores to (design section 7), as plain data and pure rules. */
import { compareClusterTime } from './image.ts';
import type { ClusterTime, Manifest, OpTime } from './image.ts';

/**
 * Why archived history does not go on where it ended. `rolled-over`: the oplog lost the entries that would have come next;
 * `rolled-back`: it holds another history than the archive; `restored`: a restore wrote over the instance; `not-replayable`: an entry
 * came that nothing can replay (pitfalls E20); `damaged`: what would have to be continued cannot be read.
 */
export type OplogGapCause = 'rolled-over' | 'rolled-back' | 'restored' | 'not-replayable' | 'damaged';

export const oplogGapCauses: readonly OplogGapCause[] = ['rolled-over', 'rolled-back', 'restored', 'not-replayable', 'damaged'];

/** Where history is missing: after the last entry archived before it, up to and including the entry after which the archive goes on. */
export interface OplogGap {
  readonly cause: OplogGapCause;
  /** For people: what was found. */
  readonly detail: string;
  /** null where nothing had been archived yet. */
  readonly after: OpTime | null;
  /** May lie before `after`: the data was replaced by older data. */
  readonly until: OpTime;
  /** ISO 8601, UTC. */
  readonly noticedAt: string;
}

/** A stretch of history without a gap; the first one begins with no gap before it. Never changes once begun. */
export interface OplogTimeline {
  /** Counts from 1 within an instance; a later one is newer, whatever its times. */
  readonly number: number;
  /** The entry before the first archived one. */
  readonly after: OpTime;
  /** ISO 8601, UTC. */
  readonly begunAt: string;
  readonly gap: OplogGap | null;
}

/** Consecutive entries: those later than `after`, up to and including `to`. */
export interface OplogSegment {
  readonly timeline: number;
  /** The entry just before the first. */
  readonly after: OpTime;
  readonly to: OpTime;
  readonly entries: number;
  /** BSON bytes of the entries. */
  readonly rawBytes: number;
}

/** Of a timeline every entry later than `after`, up to and including `to`, is archived. More than one stretch of a timeline means that segments got lost. */
export interface ArchivedStretch {
  readonly timeline: number;
  readonly after: OpTime;
  readonly to: OpTime;
}

/** An image to which archived entries can be applied. */
export interface ReplayBase {
  readonly backupId: string;
  readonly time: OpTime;
  /** Every entry later than this one is needed. */
  readonly oplogAfter: ClusterTime;
}

/** Every point from `from` to `to`, both included, restores. */
export interface RestorableRange {
  readonly timeline: number;
  /** The time of the oldest base of the stretch. */
  readonly from: ClusterTime;
  readonly to: ClusterTime;
}

/** Milliseconds since 1970, UTC, both included. */
export interface MillisecondRange {
  readonly start: number;
  readonly end: number;
}

const largestIncrement = 0xffff_ffff;

/** The image as a base, or null if nothing can be replayed on it: it is no state at one cluster time, or does not say what that takes. */
export function replayBaseOf(
  manifest: Pick<Manifest, 'backupId' | 'clusterTime' | 'term' | 'consistency' | 'oplogAfter'>,
): ReplayBase | null {
  const { backupId, clusterTime, term, consistency, oplogAfter } = manifest;
  if (consistency !== 'snapshot' || oplogAfter === undefined) return null;
  return { backupId, time: { ...clusterTime, term }, oplogAfter };
}

/** True if the stretch holds whatever replaying on the base takes, from the base on. Terms never fall within a history. */
export function isBaseOf(base: ReplayBase, { after, to }: ArchivedStretch): boolean {
  return (
    compareClusterTime(after, base.oplogAfter) <= 0 &&
    compareClusterTime(base.time, to) <= 0 &&
    after.term <= base.time.term &&
    base.time.term <= to.term
  );
}

/** The ranges that restore, by timeline; each stretch gives at most one. */
export function restorableRanges(
  stretches: readonly ArchivedStretch[],
  bases: readonly ReplayBase[],
): readonly RestorableRange[] {
  const ranges: RestorableRange[] = [];
  for (const stretch of stretches.toSorted((a, b) => a.timeline - b.timeline)) {
    const [oldest] = bases.filter((base) => isBaseOf(base, stretch)).toSorted((a, b) => compareClusterTime(a.time, b.time));
    if (oldest === undefined) continue;
    const { timeline, to } = stretch;
    ranges.push({ timeline, from: plain(oldest.time), to: plain(to) });
  }
  return ranges;
}

/** A way to a point: the newest image at or before it, and the timeline whose entries lead from there to the point. */
export interface ReplayPlan {
  readonly base: ReplayBase;
  readonly timeline: number;
}

/**
 * The cheapest way to `target`, or null if it cannot be reached. Where two timelines hold the point, because a restore or a
 * rollback led back before it, the newer history counts.
 */
export function planReplay(
  target: ClusterTime,
  stretches: readonly ArchivedStretch[],
  bases: readonly ReplayBase[],
): ReplayPlan | null {
  for (const stretch of stretches.toSorted((a, b) => b.timeline - a.timeline)) {
    if (compareClusterTime(target, stretch.to) > 0) continue;
    const [newest] = bases
      .filter((base) => isBaseOf(base, stretch) && compareClusterTime(base.time, target) <= 0)
      .toSorted((a, b) => compareClusterTime(b.time, a.time));
    if (newest !== undefined) return { base: newest, timeline: stretch.timeline };
  }
  return null;
}

/**
 * The point that a moment in milliseconds means: after the last entry of its second or of an earlier one (pitfalls R8). It is covered
 * only once a later second is archived: until then more entries of it may come.
 */
export function pointOfMilliseconds(milliseconds: number): ClusterTime {
  return { t: Math.floor(milliseconds / 1000), i: largestIncrement };
}

/** The milliseconds whose point lies in the range; null for a range within one second. */
export function millisecondsOf({ from, to }: RestorableRange): MillisecondRange | null {
  // The second of `from` as a whole lies after `from`; that of `to` may not be complete.
  const start = from.t * 1000;
  const end = (to.i === largestIncrement ? to.t + 1 : to.t) * 1000 - 1;
  return end < start ? null : { start, end };
}

/** Segments put together where one goes on exactly where another ended, or they overlap. Given those of one timeline by `after`. */
export function stretchesOf(segments: readonly OplogSegment[]): readonly ArchivedStretch[] {
  const stretches: ArchivedStretch[] = [];
  for (const { timeline, after, to } of segments) {
    const last = stretches.at(-1);
    const goesOn = last !== undefined && (isSameOpTime(after, last.to) || compareClusterTime(after, last.to) < 0);
    if (!goesOn) stretches.push({ timeline, after, to });
    else if (compareClusterTime(to, last.to) > 0) stretches[stretches.length - 1] = { ...last, to };
  }
  return stretches;
}

/** The ranges in order, those that overlap or touch as one. */
export function joinRanges(ranges: readonly MillisecondRange[]): readonly MillisecondRange[] {
  const joined: MillisecondRange[] = [];
  for (const range of ranges.toSorted((a, b) => a.start - b.start)) {
    const last = joined.at(-1);
    if (last !== undefined && range.start <= last.end + 1)
      joined[joined.length - 1] = { start: last.start, end: Math.max(last.end, range.end) };
    else joined.push(range);
  }
  return joined;
}

/** `seconds:increment`, as people write an exact point. */
export function formatPoint({ t, i }: ClusterTime): string {
  return `${t}:${i}`;
}

/** Reads `seconds:increment`; null for anything else. */
export function parsePoint(text: string): ClusterTime | null {
  const match = /^(\d{1,10}):(\d{1,10})$/.exec(text);
  if (match === null) return null;
  const point = { t: Number(match[1]), i: Number(match[2]) };
  return point.t <= largestIncrement && point.i <= largestIncrement ? point : null;
}

/** The point just before an entry: everything earlier than it, and not it. */
export function pointBefore({ t, i }: ClusterTime): ClusterTime {
  return i > 0 ? { t, i: i - 1 } : { t: t - 1, i: largestIncrement };
}

/** True if both are the same entry. */
export function isSameOpTime(a: OpTime, b: OpTime): boolean {
  return compareClusterTime(a, b) === 0 && a.term === b.term;
}

function plain({ t, i }: ClusterTime): ClusterTime {
  return { t, i };
}
