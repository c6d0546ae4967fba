import { isLarderError, LarderError } from '../core/errors.ts';
import { stretchesOf, type ArchivedStretch, type OplogSegment } from '../core/oplog-archive.ts';
import type { StoreOptions } from '../storage/port.ts';
import { createOplogReader } from './oplog-reader.ts';
import { layOutSegment, storeSegment, type ArchivePlace } from './oplog-segment.ts';
import { listSegments } from './list-segments.ts';
import { listTimelineNumbers, readTimeline, storeTimeline } from './oplog-timeline.ts';
import type { OplogArchive } from './port.ts';
import type { ProjectContext } from './project-context.ts';
import { readAhead } from './read-ahead.ts';
import { mergeableSegments, mergeSegments } from './merge-segments.ts';
import { trimTimeline } from './trim-timeline.ts';

/** Stands for the only shard of an instance that is no cluster. */
export const wholeInstance = 'all';

const readsAtOnce = 8;

/** The archive of one shard. `internal` for an id that cannot stand in an object key. */
export function openOplogArchive(context: ProjectContext, instanceId: string, shard: string): OplogArchive {
  const place: ArchivePlace = { instanceId, shard };
  const listed = (timeline: number, options: StoreOptions): Promise<OplogSegment[]> =>
    Array.fromAsync(listSegments(context, place, timeline, options));
  return {
    async timelines(options = {}) {
      const numbers = await listTimelineNumbers(context, place, options);
      return Array.fromAsync(readAhead(numbers, readsAtOnce, (number) => readTimeline(context, place, number, options)));
    },
    async newest(options = {}) {
      const number = (await listTimelineNumbers(context, place, options)).at(-1);
      if (number === undefined) return null;
      const timeline = await readTimeline(context, place, number, options).catch((error: unknown) => {
        if (!isLarderError(error, 'object-corrupt')) throw error;
        return null;
      });
      const last = stretchesOf(await listed(number, options)).at(-1);
      return { number, begunAt: timeline?.begunAt ?? null, at: last?.to ?? timeline?.after ?? null };
    },
    beginTimeline: (timeline, options = {}) => storeTimeline(context, place, timeline, options),
    async append({ timeline, after }, entries, options = {}) {
      const laidOut = layOutSegment(timeline, after, entries);
      await storeSegment(context, place, laidOut, options);
      return laidOut.segment;
    },
    segments: (timeline, options = {}) => listSegments(context, place, timeline, options),
    async stretches(options = {}) {
      const stretches: ArchivedStretch[] = [];
      let timeline: OplogSegment[] = [];
      for await (const segment of listSegments(context, place, null, options)) {
        if (timeline.length > 0 && timeline[0]!.timeline !== segment.timeline) {
          stretches.push(...stretchesOf(timeline));
          timeline = [];
        }
        timeline.push(segment);
      }
      return [...stretches, ...stretchesOf(timeline)];
    },
    async open(number, options = {}) {
      const segments = await listed(number, options);
      if (segments.length === 0 && !(await listTimelineNumbers(context, place, options)).includes(number))
        throw new LarderError('oplog-gap', `The archive has no timeline ${number}.`);
      return createOplogReader(context, place, segments);
    },
    trim: (timeline, keep, options = {}) => trimTimeline(context, place, { timeline, keep }, options),
    mergeable: (options = {}) => mergeableSegments(context, place, options),
    merge: (options = {}) => mergeSegments(context, place, options),
  };
}
