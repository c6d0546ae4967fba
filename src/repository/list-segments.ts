import type { StoredSegment } from '../core/segment-merging.ts';
import type { StoreOptions } from '../storage/port.ts';
import { parseSegmentName, segmentPrefix } from './oplog-segment-name.ts';
import type { ArchivePlace } from './oplog-segment.ts';
import type { ProjectContext } from './project-context.ts';

/** A segment as a listing tells of it. */
export interface ListedSegment extends StoredSegment {
  readonly key: string;
  /** Bytes in the store. */
  readonly size: number;
}

/** Segments of one timeline, or of all, by timeline and `after`. Other objects are passed over. */
export async function* listSegments(
  context: ProjectContext,
  { instanceId, shard }: ArchivePlace,
  timeline: number | null,
  options: StoreOptions,
): AsyncGenerator<ListedSegment, void, undefined> {
  const prefix = context.names.oplog(instanceId, shard).segments;
  const of = timeline === null ? prefix : prefix + segmentPrefix(timeline);
  for await (const { key, size, modified } of context.store.list(of, options)) {
    const segment = parseSegmentName(key.slice(prefix.length));
    if (segment !== null) yield { ...segment, key, size, modified };
  }
}
