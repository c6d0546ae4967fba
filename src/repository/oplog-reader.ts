import { isLarderError, LarderError } from '../core/errors.ts';
import { compareClusterTime, type ClusterTime, type OpTime } from '../core/image.ts';
import { formatPoint, isSameOpTime, stretchesOf, type OplogSegment } from '../core/oplog-archive.ts';
import { documentLength, type RawBatch } from '../lib/raw-bson.ts';
import type { StoreOptions } from '../storage/port.ts';
import { opTimeOf, readSegment, type ArchivePlace } from './oplog-segment.ts';
import type { OplogReader } from './port.ts';
import type { ProjectContext } from './project-context.ts';
import { readAhead } from './read-ahead.ts';

/** Segments read before they are asked for: reading and unpacking overlap with what the consumer does. */
const segmentsAhead = 2;

/** Reads the entries of one timeline, whose segments are given by `after`. */
export function createOplogReader(
  context: ProjectContext,
  archive: ArchivePlace,
  segments: readonly OplogSegment[],
): OplogReader {
  // Parts of a transaction lie close together: the segment read last serves the next question as well.
  let last: { readonly segment: OplogSegment; readonly batch: RawBatch } | null = null;
  return {
    stretches: stretchesOf(segments),
    entries: (after, until, options = {}) => readEntries(context, archive, segments, after, until, options),
    entryBefore(stretch, time) {
      const holder = segments.find(
        ({ after, to }) => compareClusterTime(to, time) > 0 && compareClusterTime(after, stretch.after) >= 0,
      );
      return holder?.after ?? stretch.after;
    },
    async entryAt(time, options = {}) {
      const holders = segments.filter(
        ({ after, to }) => compareClusterTime(after, time) < 0 && compareClusterTime(time, to) <= 0,
      );
      if (holders.length === 0) return null;
      if (last === null || !holders.includes(last.segment)) last = await readFirstWhole(context, archive, holders, options);
      const { buffer, starts } = last.batch;
      const n = firstNotBefore(last.batch, time);
      if (n === last.batch.count || compareClusterTime(opTimeOf(buffer, starts[n]!), time) !== 0) return null;
      return Buffer.from(buffer.subarray(starts[n]!, starts[n]! + documentLength(buffer, starts[n]!)));
    },
  };
}

async function* readEntries(
  context: ProjectContext,
  archive: ArchivePlace,
  segments: readonly OplogSegment[],
  after: OpTime,
  until: ClusterTime,
  options: StoreOptions,
): AsyncGenerator<RawBatch, void, undefined> {
  // Of those that do not go on where they should, null; of the others their damage.
  const unfit = new Map<OplogSegment, LarderError | null>();
  let position = after;
  for (let goesOn = true; goesOn;) {
    goesOn = false;
    const reads = readAhead(wayThrough(segments, unfit, position, until), segmentsAhead, async (segment) => ({
      segment,
      batch: await readOrDamage(context, archive, segment, options),
    }));
    for await (const { segment, batch } of reads) {
      options.signal?.throwIfAborted();
      const part = isLarderError(batch) ? null : followingPart(segment, batch, position);
      if (part === null) {
        // Others may hold the same entries: two followers wrote them, or pieces that this one was made of.
        unfit.set(segment, isLarderError(batch) ? batch : null);
        goesOn = true;
        break;
      }
      const end = firstNotBefore(part, { t: until.t, i: until.i + 1 });
      if (end > 0) yield { ...part, count: end };
      position = segment.to;
    }
  }
  if (compareClusterTime(position, until) >= 0) return;
  for (const [segment, damage] of unfit) if (damage !== null && compareClusterTime(segment.to, position) > 0) throw damage;
  throw missing(position, segments.find((segment) => compareClusterTime(segment.after, position) > 0)?.after ?? until);
}

/** Segments that lead from `position` to `until`, or as far as they go; of several that go on, each time the one that reaches furthest. */
function* wayThrough(
  segments: readonly OplogSegment[],
  unfit: ReadonlyMap<OplogSegment, unknown>,
  from: OpTime,
  until: ClusterTime,
): Generator<OplogSegment, void, undefined> {
  let position: ClusterTime = from;
  let furthest: OplogSegment | null = null;
  for (const segment of segments) {
    if (unfit.has(segment) || compareClusterTime(segment.to, position) <= 0) continue;
    if (compareClusterTime(segment.after, position) > 0 && furthest !== null) {
      yield furthest;
      position = furthest.to;
      furthest = null;
      if (compareClusterTime(position, until) >= 0) return;
      if (compareClusterTime(segment.to, position) <= 0) continue;
    }
    if (compareClusterTime(segment.after, position) > 0) return;
    if (furthest === null || compareClusterTime(segment.to, furthest.to) > 0) furthest = segment;
  }
  if (furthest !== null && compareClusterTime(position, until) < 0) yield furthest;
}

/** Damage is handed back, not thrown: it may be passed by. */
async function readOrDamage(
  context: ProjectContext,
  archive: ArchivePlace,
  segment: OplogSegment,
  options: StoreOptions,
): Promise<RawBatch | LarderError> {
  try {
    return await readSegment(context, archive, segment, options);
  } catch (error) {
    if (isLarderError(error, 'object-corrupt')) return error;
    throw error;
  }
}

/** The entries of a segment that follow `position`, or null if it does not go on just there. */
export function followingPart({ after }: OplogSegment, batch: RawBatch, position: OpTime): RawBatch | null {
  if (isSameOpTime(after, position)) return batch;
  const n = compareClusterTime(after, position) >= 0 ? null : indexOf(batch, position);
  if (n === null) return null;
  return { buffer: batch.buffer, starts: batch.starts.subarray(n + 1), count: batch.count - n - 1 };
}

/** Where the very entry is in the batch, or null. */
export function indexOf(batch: RawBatch, position: OpTime): number | null {
  const n = firstNotBefore(batch, position);
  return n < batch.count && isSameOpTime(opTimeOf(batch.buffer, batch.starts[n]!), position) ? n : null;
}

/** The first of the segments that is not damaged; `object-corrupt` if all are. */
async function readFirstWhole(
  context: ProjectContext,
  archive: ArchivePlace,
  segments: readonly OplogSegment[],
  options: StoreOptions,
): Promise<{ readonly segment: OplogSegment; readonly batch: RawBatch }> {
  let damage: LarderError | null = null;
  for (const segment of segments) {
    const batch = await readOrDamage(context, archive, segment, options);
    if (!isLarderError(batch)) return { segment, batch };
    damage ??= batch;
  }
  throw damage!;
}

/** The first entry at `time` or later; the number of entries if there is none. */
function firstNotBefore({ buffer, starts, count }: RawBatch, time: ClusterTime): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareClusterTime(opTimeOf(buffer, starts[middle]!), time) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function missing(from: OpTime, to: ClusterTime): LarderError {
  return new LarderError(
    'oplog-gap',
    `The archived oplog has a gap: what follows the entry at ${formatPoint(from)} of term ${from.term} is missing, up to ${formatPoint(to)}.`,
    { details: { after: formatPoint(from), until: formatPoint(to) } },
  );
}
