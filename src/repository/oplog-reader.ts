import { LarderError } from '../core/errors.ts';
import { compareClusterTime, type ClusterTime, type OpTime } from '../core/image.ts';
import { isSameOpTime, stretchesOf, type OplogSegment } from '../core/oplog-archive.ts';
import { documentLength, type RawBatch } from '../lib/raw-bson.ts';
import type { StoreOptions } from '../storage/port.ts';
import { opTimeOf, readSegment, type ArchivePlace } from './oplog-segment.ts';
import type { OplogReader } from './port.ts';
import type { ProjectContext } from './project-context.ts';
import { readAhead } from './read-ahead.ts';

/** Segments read before they are asked for: reading and unpacking overlap with what the consumer does. */
const segmentsAhead = 2;

const at = ({ t, i }: ClusterTime): string => `${t}:${i}`;

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
    async entryAt(time, options = {}) {
      const segment = segments.find(({ after, to }) => compareClusterTime(after, time) < 0 && compareClusterTime(time, to) <= 0);
      if (segment === undefined) return null;
      if (last?.segment !== segment) last = { segment, batch: await readSegment(context, archive, segment, options) };
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
  const wanted = segments.filter(
    (segment) => compareClusterTime(after, segment.to) < 0 && compareClusterTime(segment.after, until) < 0,
  );
  let position = after;
  const reads = readAhead(wanted, segmentsAhead, async (segment) => ({
    segment,
    batch: await readSegment(context, archive, segment, options),
  }));
  for await (const { segment, batch } of reads) {
    options.signal?.throwIfAborted();
    // Two followers may have written the same entries for a moment.
    if (compareClusterTime(segment.to, position) <= 0) continue;
    const part = followingPart(segment, batch, position);
    if (part === null) throw missing(position, segment.after);
    const end = firstNotBefore(part, { t: until.t, i: until.i + 1 });
    if (end > 0) yield { ...part, count: end };
    position = segment.to;
  }
  if (compareClusterTime(position, until) < 0) throw missing(position, until);
}

/** The entries of a segment that follow `position`, or null if it does not go on just there. */
export function followingPart({ after }: OplogSegment, batch: RawBatch, position: OpTime): RawBatch | null {
  if (isSameOpTime(after, position)) return batch;
  if (compareClusterTime(after, position) >= 0) return null;
  const n = firstNotBefore(batch, position);
  if (n === batch.count || !isSameOpTime(opTimeOf(batch.buffer, batch.starts[n]!), position)) return null;
  return { buffer: batch.buffer, starts: batch.starts.subarray(n + 1), count: batch.count - n - 1 };
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
    `The archived oplog has a gap: what follows the entry at ${at(from)} of term ${from.term} is missing, up to ${at(to)}.`,
    { details: { after: at(from), until: at(to) } },
  );
}
