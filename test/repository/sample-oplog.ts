import { Long, Timestamp, UUID } from 'bson';
import type { ClusterTime, OpTime } from '../../src/core/image.ts';
import { formatPoint } from '../../src/core/oplog-archive.ts';
import type { RawBatch } from '../../src/lib/raw-bson.ts';
import { opTimeOf } from '../../src/repository/oplog-segment.ts';
import { batchOf, noise, raw } from './sample.ts';

/** A raw oplog entry: an insert into `shop.orders`, of the term, with so many bytes of noise in it. */
export function oplogEntry({ t, i, term }: OpTime, size = 20): Buffer {
  return raw({
    op: 'i',
    ns: 'shop.orders',
    ui: new UUID('0123456789abcdef0123456789abcdef'),
    o: { _id: i, data: noise(`entry ${t} ${i}`, size) },
    ts: new Timestamp({ t, i }),
    t: Long.fromNumber(term),
    v: Long.fromNumber(2),
    wall: new Date(t * 1000),
  });
}

/** Entries `first` to `last` of one second. */
export function entriesOf(t: number, first: number, last: number, term = 1, size = 20): RawBatch {
  return batchOf(Array.from({ length: last - first + 1 }, (_, n) => oplogEntry({ t, i: first + n, term }, size)));
}

export const opTime = (t: number, i: number, term = 1): OpTime => ({ t, i, term });

/** `seconds:increment` of every entry read. */
export async function pointsOf(batches: AsyncIterable<RawBatch>): Promise<string[]> {
  const points: string[] = [];
  for await (const { buffer, starts, count } of batches)
    for (let n = 0; n < count; n++) points.push(formatPoint(opTimeOf(buffer, starts[n]!)));
  return points;
}

export const range = (t: number, first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, n) => formatPoint({ t, i: first + n } satisfies ClusterTime));
