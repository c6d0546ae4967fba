/** Which pieces of an archived oplog become larger ones, and which are not needed beside those. Pure. */
import { compareClusterTime } from './image.ts';
import { isSameOpTime, type OplogSegment } from './oplog-archive.ts';

/** A segment, and when the store got it. */
export interface StoredSegment extends OplogSegment {
  readonly modified: Date;
}

/** So many segments at least are worth reading and writing once more: each entry is then moved a few times in all, whatever the age of the archive. */
const leastMerged = 8;
/** BSON bytes of a merged segment at most; half of it is large enough to be left alone. */
const mostMergedBytes = 8 * 1024 * 1024;
/** Seconds of the source that a merged segment spans at most: it goes as a whole, when nothing of it is needed any more. */
const mostSpan = 86_400;
/** What is younger than this, by the clock of the source, may still be read by whoever follows it. Seconds. */
const settledAfter = 3600;
/** A segment whose entries another one holds too stays for so long: whoever listed it before may still be on the way to it. Milliseconds. */
const coveredGrace = 48 * 3600 * 1000;

export interface MergePlan<Segment extends StoredSegment = StoredSegment> {
  /** Consecutive segments that become one, each list by `after`. */
  readonly merges: readonly (readonly Segment[])[];
  /** Segments whose time `by` spans, and has for long enough. Whether it holds them is to be looked at. */
  readonly covered: readonly { readonly by: Segment; readonly segments: readonly Segment[] }[];
}

/** Plans for the segments of one timeline, given by `after`. */
export function planMerging<Segment extends StoredSegment>(segments: readonly Segment[], now: Date): MergePlan<Segment> {
  const covers = new Map<Segment, Segment[]>();
  const outer: Segment[] = [];
  const widestFirst = segments.toSorted((a, b) => compareClusterTime(a.after, b.after) || compareClusterTime(b.to, a.to));
  let widest: Segment | null = null;
  for (const segment of widestFirst) {
    if (widest === null || compareClusterTime(segment.to, widest.to) > 0) {
      outer.push(segment);
      widest = segment;
      continue;
    }
    if (now.getTime() - widest.modified.getTime() < coveredGrace) continue;
    const covered = covers.get(widest) ?? [];
    covered.push(segment);
    covers.set(widest, covered);
  }
  return { merges: groupsOf(outer), covered: [...covers].map(([by, covered]) => ({ by, segments: covered })) };
}

function groupsOf<Segment extends StoredSegment>(segments: readonly Segment[]): readonly (readonly Segment[])[] {
  const newest = segments.at(-1);
  const groups: Segment[][] = [];
  let group: Segment[] = [];
  let bytes = 0;
  for (const segment of segments) {
    if (segment.to.t > newest!.to.t - settledAfter) break;
    const [begin, last] = [group[0], group.at(-1)];
    const isLarge = segment.rawBytes * 2 > mostMergedBytes;
    const goesOn = last !== undefined && isSameOpTime(last.to, segment.after);
    const fits = goesOn && bytes + segment.rawBytes <= mostMergedBytes && segment.to.t - begin!.after.t <= mostSpan;
    if (!fits || isLarge) {
      groups.push(group);
      group = [];
      bytes = 0;
    }
    if (isLarge) continue;
    group.push(segment);
    bytes += segment.rawBytes;
  }
  return [...groups, group].filter(({ length }) => length >= leastMerged);
}
