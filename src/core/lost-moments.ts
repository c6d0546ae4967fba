/** Which moments of an archived oplog restored once and no longer do, as pure rules. */
import { compareClusterTime, type ClusterTime } from './image.ts';
import { pointBefore, restorableRanges, type ArchivedStretch, type RestorableRange, type ReplayBase } from './oplog-archive.ts';

const largestIncrement = 0xffff_ffff;

/** What a timeline would hold if nothing were lost, and what it holds. */
export interface TimelineLeft {
  readonly whole: ArchivedStretch;
  readonly left: readonly ArchivedStretch[];
}

/** Images that are listed, and those of them that restore. */
export interface BasesLeft {
  readonly whole: readonly ReplayBase[];
  readonly left: readonly ReplayBase[];
}

/** The moments between that do not restore, both ends included, in order; empty where nothing that restored was lost. */
export function lostMoments({ whole, left }: TimelineLeft, bases: BasesLeft): readonly RestorableRange[] {
  const [before] = restorableRanges([whole], bases.whole);
  if (before === undefined) return [];
  const { timeline, to } = before;
  const lost: RestorableRange[] = [];
  let from = before.from;
  const sound = left.flatMap((stretch) => restorableRanges([stretch], bases.left));
  for (const range of sound.toSorted((a, b) => compareClusterTime(a.from, b.from))) {
    if (compareClusterTime(range.from, from) > 0) lost.push({ timeline, from, to: pointBefore(range.from) });
    if (compareClusterTime(range.to, from) >= 0) from = pointAfter(range.to);
  }
  if (compareClusterTime(from, to) <= 0) lost.push({ timeline, from, to });
  return lost;
}

function pointAfter({ t, i }: ClusterTime): ClusterTime {
  return i < largestIncrement ? { t, i: i + 1 } : { t: t + 1, i: 0 };
}
