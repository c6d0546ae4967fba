import { isLarderError } from '../core/errors.ts';
import { compareClusterTime, type OpTime } from '../core/image.ts';
import { lostMoments, type BasesLeft } from '../core/lost-moments.ts';
import {
  formatPoint,
  isSameOpTime,
  type ArchivedStretch,
  type OplogTimeline,
  type RestorableRange,
} from '../core/oplog-archive.ts';
import type { RawBatch } from '../lib/raw-bson.ts';
import type { StoreOptions } from '../storage/port.ts';
import { damageOf, type ArchiveCheck, type Damage } from './check-report.ts';
import { listSegments, type ListedSegment } from './list-segments.ts';
import { followingPart } from './oplog-reader.ts';
import { readSegment, type ArchivePlace } from './oplog-segment.ts';
import { segmentPrefix } from './oplog-segment-name.ts';
import { listTimelineNumbers, readTimeline } from './oplog-timeline.ts';
import type { ProjectContext } from './project-context.ts';
import { readAhead } from './read-ahead.ts';

const readsAtOnce = 4;

export interface CheckArchive {
  readonly context: ProjectContext;
  readonly place: ArchivePlace;
  /** The images of the instance that entries can be replayed on. */
  readonly bases: BasesLeft;
  /** Asked for each segment: whether it is read, decrypted and looked through, or only its name and place are. */
  readonly reads: () => boolean;
  /** Told of each segment, and what was read of it. */
  readonly advance: (bytesRead: number) => void;
  readonly options: StoreOptions;
}

/** The archives of a project, each once, in order. */
export async function listArchives(context: ProjectContext, options: StoreOptions): Promise<readonly ArchivePlace[]> {
  const prefix = context.names.oplogs;
  const places = new Map<string, ArchivePlace>();
  for await (const { key } of context.store.list(prefix, options)) {
    const [instanceId, shard, kind] = key.slice(prefix.length).split('/');
    if (instanceId !== undefined && shard !== undefined && (kind === 'segments' || kind === 'timelines'))
      places.set(`${instanceId}/${shard}`, { instanceId, shard });
  }
  return [...places.values()];
}

/**
 * Looks whether the segments of an archive are whole, in order, and each goes on where the one before ended, and says which moments do not
 * restore for what is missing or damaged. A segment that is removed meanwhile, because nothing needs it any more, is no damage.
 */
export async function checkArchive(check: CheckArchive): Promise<ArchiveCheck> {
  const { context, place, bases, options } = check;
  const damage: Damage[] = [];
  const lost: RestorableRange[] = [];
  // Timelines come later than segments here, as they come before them when they are written.
  const held = await checkSegments(check, damage);
  const timelines = new Map<number, OplogTimeline | null>();
  for (const number of await listTimelineNumbers(context, place, options)) {
    timelines.set(number, await orDamage(damage, () => readTimeline(context, place, number, options)));
  }
  for (const number of held.keys()) {
    if (timelines.has(number) || (await lastSegment(check, number)) === null) continue;
    damage.push({ object: context.names.oplog(place.instanceId, place.shard).timeline(number), reason: 'missing', range: null });
    timelines.set(number, null);
  }
  let segments = 0;
  for (const [number, timeline] of [...timelines].toSorted(([a], [b]) => a - b)) {
    const { whole, left, count } = held.get(number) ?? { whole: null, left: [], count: 0 };
    segments += count;
    // The next timeline says where this one ended.
    const ended = timelines.get(number + 1)?.gap?.after ?? null;
    const end = whole?.to ?? timeline?.after ?? null;
    const short = ended !== null && end !== null && compareClusterTime(ended, end) > 0;
    const cut = short && compareClusterTime(ended, (await lastSegment(check, number))?.to ?? end) > 0;
    if (cut) damage.push(missing(check, number, end, ended));
    const after = whole?.after ?? timeline?.after;
    if (after === undefined || end === null) continue;
    lost.push(...lostMoments({ whole: { timeline: number, after, to: cut ? ended : end }, left }, bases));
  }
  return { ...place, timelines: timelines.size, segments, lost, damage };
}

/** As it is now: more may have come since the archive was listed, or it may have been removed. */
async function lastSegment({ context, place, options }: CheckArchive, timeline: number): Promise<ListedSegment | null> {
  let last: ListedSegment | null = null;
  for await (const segment of listSegments(context, place, timeline, options)) last = segment;
  return last;
}

/** What was found of the segments of one timeline. */
interface HeldTimeline {
  /** From its first segment to its last, as if nothing were missing between. */
  whole: ArchivedStretch;
  readonly left: ArchivedStretch[];
  count: number;
}

async function checkSegments(check: CheckArchive, damage: Damage[]): Promise<ReadonlyMap<number, HeldTimeline>> {
  const { context, place, reads, advance, options } = check;
  const held = new Map<number, HeldTimeline>();
  const looks = readAhead(listSegments(context, place, null, options), readsAtOnce, async (segment) => {
    const found: Damage[] = [];
    const read = reads();
    const batch = read ? await orDamage(found, () => readSegment(context, place, segment, options)) : null;
    const gone = found.length > 0 && (await context.store.stat(segment.key, options)) === null;
    return { segment, batch, found, read, gone };
  });
  for await (const { segment, batch, found, read, gone } of looks) {
    options.signal?.throwIfAborted();
    if (gone) continue;
    advance(read ? segment.size : 0);
    const { timeline, after, to } = segment;
    const known = held.get(timeline);
    const timelineHeld = known ?? { whole: { timeline, after, to }, left: [], count: 0 };
    held.set(timeline, timelineHeld);
    const { whole, left } = timelineHeld;
    if (known !== undefined && !isSameOpTime(after, whole.to) && compareClusterTime(after, whole.to) > 0)
      damage.push(missing(check, timeline, whole.to, after));
    if (compareClusterTime(to, whole.to) > 0) timelineHeld.whole = { ...whole, to };
    timelineHeld.count++;
    if (found.length > 0) {
      damage.push(...found);
      continue;
    }
    const last = left.at(-1);
    if (last === undefined || compareClusterTime(after, last.to) > 0) left.push({ timeline, after, to });
    else if (compareClusterTime(to, last.to) <= 0) continue;
    else if (goesOn(last.to, segment, batch)) left[left.length - 1] = { ...last, to };
    else {
      damage.push({ object: segment.key, reason: `it does not go on after the entry at ${at(last.to)}`, range: null });
      left.push({ timeline, after, to });
    }
  }
  return held;
}

/** As far as it was read: a segment that begins earlier than the one before ended must hold the very entry that ended it. */
function goesOn(position: OpTime, segment: ListedSegment, batch: RawBatch | null): boolean {
  if (isSameOpTime(segment.after, position)) return true;
  if (compareClusterTime(segment.after, position) === 0) return false;
  return batch === null || followingPart(segment, batch, position) !== null;
}

function missing({ context, place }: CheckArchive, timeline: number, after: OpTime, until: OpTime): Damage {
  const object = context.names.oplog(place.instanceId, place.shard).segments + segmentPrefix(timeline);
  return { object, reason: `the entries after ${at(after)} up to ${at(until)} are missing`, range: null };
}

function at(point: OpTime): string {
  return `${formatPoint(point)} (${new Date(point.t * 1000).toISOString()})`;
}

async function orDamage<T>(damage: Damage[], read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (!isLarderError(error, 'object-corrupt')) throw error;
    damage.push(damageOf(error));
    return null;
  }
}
