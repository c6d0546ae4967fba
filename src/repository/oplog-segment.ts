import { LarderError } from '../core/errors.ts';
import { compareClusterTime, type OpTime } from '../core/image.ts';
import { isSameOpTime, type OplogSegment } from '../core/oplog-archive.ts';
import { documentLength, findElement, type RawBatch } from '../lib/raw-bson.ts';
import type { StoreOptions } from '../storage/port.ts';
import { corruptObject } from './corrupt-object.ts';
import { openEnvelope, sealEnvelope, type EnvelopePlace } from './envelope.ts';
import { limits } from './format.ts';
import type { ProjectContext } from './project-context.ts';
import { readWhole } from './read-pack.ts';
import { segmentName } from './oplog-segment-name.ts';

/** Which archive: an instance, and of a cluster the shard. */
export interface ArchivePlace {
  readonly instanceId: string;
  readonly shard: string;
}

function placeOf({ keys, projectId }: ProjectContext, { instanceId, shard }: ArchivePlace, name: string): EnvelopePlace {
  return { type: 'segment', key: keys.oplog, context: `segment\0${projectId}\0${instanceId}\0${shard}\0${name}` };
}

export function segmentKey(context: ProjectContext, { instanceId, shard }: ArchivePlace, segment: OplogSegment): string {
  return context.names.oplog(instanceId, shard).segments + segmentName(segment);
}

/** Time and term of the raw oplog entry at `start`; throws RangeError for a document that is none. */
export function opTimeOf(buffer: Buffer, start: number): OpTime {
  const ts = findElement(buffer, start, 'ts');
  const term = findElement(buffer, start, 't');
  if (ts === null || ts.type !== 0x11 || term === null || term.type !== 0x12)
    throw new RangeError(`no oplog entry at byte ${start}`);
  return {
    t: buffer.readUInt32LE(ts.value + 4),
    i: buffer.readUInt32LE(ts.value),
    term: Number(buffer.readBigInt64LE(term.value)),
  };
}

/** Puts entries one behind the other and sums them up. `oplog-gap` if their times do not rise from `after` on; `internal` if there is none. */
export function layOutSegment(timeline: number, after: OpTime, batch: RawBatch): { segment: OplogSegment; raw: Buffer } {
  if (batch.count === 0) throw new LarderError('internal', 'a segment without entries was to be stored');
  const parts: Buffer[] = [];
  let to = after;
  for (let n = 0; n < batch.count; n++) {
    const start = batch.starts[n]!;
    parts.push(batch.buffer.subarray(start, start + documentLength(batch.buffer, start)));
    const next = opTimeOf(batch.buffer, start);
    if (compareClusterTime(next, to) <= 0 || next.term < to.term)
      throw new LarderError('oplog-gap', `An oplog entry at ${next.t}:${next.i} cannot follow the one at ${to.t}:${to.i}.`);
    to = next;
  }
  const raw = Buffer.concat(parts);
  if (raw.length > limits.segmentRaw) throw new LarderError('internal', `a segment of ${raw.length} bytes was to be stored`);
  return { segment: { timeline, after, to, entries: batch.count, rawBytes: raw.length }, raw };
}

/** The entries of a segment, whose facts they must agree with. Throws RangeError otherwise. */
export function decodeSegment({ after, to, entries, rawBytes }: OplogSegment, raw: Buffer): RawBatch {
  if (raw.length !== rawBytes) throw new RangeError(`${raw.length} bytes instead of ${rawBytes}`);
  const starts = new Uint32Array(entries);
  let last = after;
  let at = 0;
  for (let n = 0; n < entries; n++) {
    starts[n] = at;
    const next = opTimeOf(raw, at);
    if (compareClusterTime(next, last) <= 0) throw new RangeError(`the entry at byte ${at} is out of order`);
    last = next;
    at += documentLength(raw, at);
  }
  if (at !== raw.length || !isSameOpTime(last, to)) throw new RangeError('its entries are not those its name tells of');
  return { buffer: raw, starts, count: entries };
}

/** Stores a segment, having opened and compared it in memory: a flipped bit is found while the source still has the entries. */
export async function storeSegment(
  context: ProjectContext,
  archive: ArchivePlace,
  { segment, raw }: { readonly segment: OplogSegment; readonly raw: Buffer },
  options: StoreOptions,
): Promise<void> {
  const place = placeOf(context, archive, segmentName(segment));
  const key = segmentKey(context, archive, segment);
  const sealed = await sealEnvelope(place, raw);
  const again = await openEnvelope(place, sealed, key);
  if (!again.raw.equals(raw))
    throw new LarderError('internal', `segment ${key} did not come out of its sealing as it went in`, { retryable: true });
  await context.store.put(key, sealed, options);
}

/** Reads a segment. `object-corrupt` if it is missing, altered or in another's place. */
export async function readSegment(
  context: ProjectContext,
  archive: ArchivePlace,
  segment: OplogSegment,
  options: StoreOptions,
): Promise<RawBatch> {
  const key = segmentKey(context, archive, segment);
  if (segment.rawBytes > limits.segmentRaw) throw corruptObject(key, 'too large');
  const bytes = await readWhole(context.store, key, options);
  const { raw, rest } = await openEnvelope(placeOf(context, archive, segmentName(segment)), bytes, key);
  if (rest.length > 0)
    throw corruptObject(key, 'something follows its end', { offset: bytes.length - rest.length, length: rest.length });
  try {
    return decodeSegment(segment, raw);
  } catch (error) {
    throw corruptObject(key, 'it does not hold what its name says', undefined, error);
  }
}
