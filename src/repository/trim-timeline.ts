import { compareClusterTime } from '../core/image.ts';
import type { ArchivedStretch, OplogSegment } from '../core/oplog-archive.ts';
import { concurrently } from '../lib/concurrently.ts';
import type { StoreOptions } from '../storage/port.ts';
import { listSegments, type ListedSegment } from './list-segments.ts';
import type { ArchivePlace } from './oplog-segment.ts';
import type { ProjectContext } from './project-context.ts';

const deletionsAtOnce = 8;
/** Segments listed before those among them that go are deleted. */
const listedAtOnce = 1000;

/** What a removal has freed. */
export interface Trimmed {
  readonly segments: number;
  readonly bytes: number;
}

/**
 * Removes the segments of a timeline that hold nothing of what is to be kept, about oldest first; what follows the last stretch kept stays,
 * because more may have come. Where nothing is kept, the timeline itself goes in the end. Cut short at any moment, what is left reads
 * as before. Repeating it is harmless.
 */
export async function trimTimeline(
  context: ProjectContext,
  place: ArchivePlace,
  { timeline, keep }: { readonly timeline: number; readonly keep: readonly ArchivedStretch[] },
  options: StoreOptions,
): Promise<Trimmed> {
  const last = keep.at(-1);
  let segments = 0;
  let bytes = 0;
  let going: ListedSegment[] = [];
  const remove = async (): Promise<void> => {
    const removed = going;
    going = [];
    await concurrently(removed, deletionsAtOnce, ({ key }) => context.store.delete(key, options));
    segments += removed.length;
    bytes += removed.reduce((sum, { size }) => sum + size, 0);
  };
  for await (const segment of listSegments(context, place, timeline, options)) {
    options.signal?.throwIfAborted();
    if (last !== undefined && compareClusterTime(segment.to, last.after) > 0) break;
    if (!keep.some((stretch) => overlaps(segment, stretch))) going.push(segment);
    if (going.length >= listedAtOnce) await remove();
  }
  await remove();
  if (last === undefined)
    await context.store.delete(context.names.oplog(place.instanceId, place.shard).timeline(timeline), options);
  return { segments, bytes };
}

function overlaps(segment: OplogSegment, kept: ArchivedStretch): boolean {
  return compareClusterTime(segment.to, kept.after) > 0 && compareClusterTime(segment.after, kept.to) < 0;
}
