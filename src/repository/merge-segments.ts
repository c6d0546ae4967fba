import { isLarderError } from '../core/errors.ts';
import { isSameOpTime, type OplogSegment } from '../core/oplog-archive.ts';
import { planMerging, type MergePlan } from '../core/segment-merging.ts';
import { concurrently } from '../lib/concurrently.ts';
import { batchOfDocuments, documentLength, type RawBatch } from '../lib/raw-bson.ts';
import type { StoreOptions } from '../storage/port.ts';
import { listSegments, type ListedSegment } from './list-segments.ts';
import { followingPart, indexOf } from './oplog-reader.ts';
import { layOutSegment, readSegment, segmentKey, storeSegment, type ArchivePlace } from './oplog-segment.ts';
import { listTimelineNumbers } from './oplog-timeline.ts';
import type { ProjectContext } from './project-context.ts';

const deletionsAtOnce = 8;
/** Of one timeline in one call, so that one archive does not keep others waiting: 2 GiB are read and written at most. */
const mostMerges = 256;

/** What merging did. */
export interface Merged {
  /** Segments that were put into larger ones. */
  readonly merged: number;
  /** Segments removed, because a larger one has held their entries for long enough. */
  readonly removed: number;
}

/**
 * Makes fewer and larger segments of an archive, timeline by timeline: a source that is followed gives one every few seconds. A larger one is written beside those it is made
 * of, and only much later, and once it was read back whole, are these removed; whoever reads takes the larger ones, and the others where one is damaged.
 * So it may be cut short at any moment, and be done by several at once. Damaged segments are left as they are.
 */
export async function mergeSegments(context: ProjectContext, place: ArchivePlace, options: StoreOptions): Promise<Merged> {
  let [merged, removed] = [0, 0];
  for (const timeline of await listTimelineNumbers(context, place, options)) {
    const done = await mergeTimeline(context, place, timeline, options);
    merged += done.merged;
    removed += done.removed;
  }
  return { merged, removed };
}

/** What `mergeSegments` would do now, by the list of segments alone: nothing is read. What is damaged would be left as it is. */
export async function mergeableSegments(context: ProjectContext, place: ArchivePlace, options: StoreOptions): Promise<Merged> {
  let [merged, removed] = [0, 0];
  for (const timeline of await listTimelineNumbers(context, place, options)) {
    const plan = await planTimeline(context, place, timeline, options);
    merged += plan.merges.slice(0, mostMerges).flat().length;
    removed += plan.covered.flatMap(({ segments }) => segments).length;
  }
  return { merged, removed };
}

async function planTimeline(
  context: ProjectContext,
  place: ArchivePlace,
  timeline: number,
  options: StoreOptions,
): Promise<MergePlan<ListedSegment>> {
  return planMerging(await Array.fromAsync(listSegments(context, place, timeline, options)), context.clock.now());
}

async function mergeTimeline(
  context: ProjectContext,
  place: ArchivePlace,
  timeline: number,
  options: StoreOptions,
): Promise<Merged> {
  const plan = await planTimeline(context, place, timeline, options);
  let [merged, removed] = [0, 0];
  for (const group of plan.merges.slice(0, mostMerges)) {
    options.signal?.throwIfAborted();
    if (await mergeGroup(context, place, group, options)) merged += group.length;
  }
  for (const { by, segments } of plan.covered) {
    options.signal?.throwIfAborted();
    const held = await heldBy(context, place, by, segments, options);
    await concurrently(held, deletionsAtOnce, ({ key }) => context.store.delete(key, options));
    removed += held.length;
  }
  return { merged, removed };
}

async function mergeGroup(
  context: ProjectContext,
  place: ArchivePlace,
  group: readonly OplogSegment[],
  options: StoreOptions,
): Promise<boolean> {
  const [{ timeline, after }] = group as [OplogSegment];
  const entries: Buffer[] = [];
  let position = after;
  for (const segment of group) {
    const batch = await orNull(readSegment(context, place, segment, options));
    const part = batch === null ? null : followingPart(segment, batch, position);
    if (part === null) return false;
    for (let n = 0; n < part.count; n++) entries.push(entryAt(part, n));
    position = segment.to;
  }
  const laidOut = layOutSegment(timeline, after, batchOfDocuments(entries));
  await storeSegment(context, place, laidOut, options);
  // The archive may have been removed as a whole meanwhile.
  if ((await listTimelineNumbers(context, place, options)).includes(timeline)) return true;
  await context.store.delete(segmentKey(context, place, laidOut.segment), options);
  return false;
}

/** Those of the segments that `by` really holds; none if it cannot be read. */
async function heldBy(
  context: ProjectContext,
  place: ArchivePlace,
  by: ListedSegment,
  segments: readonly ListedSegment[],
  options: StoreOptions,
): Promise<readonly ListedSegment[]> {
  const batch = await orNull(readSegment(context, place, by, options));
  if (batch === null) return [];
  return segments.filter(
    ({ after, to }) => (isSameOpTime(after, by.after) || indexOf(batch, after) !== null) && indexOf(batch, to) !== null,
  );
}

function entryAt({ buffer, starts }: RawBatch, n: number): Buffer {
  return buffer.subarray(starts[n]!, starts[n]! + documentLength(buffer, starts[n]!));
}

/** null for a segment that is damaged or gone. */
async function orNull<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (isLarderError(error, 'object-corrupt')) return null;
    throw error;
  }
}
