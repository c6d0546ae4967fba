import { deserialize } from 'bson';
import { documentLength } from '../lib/raw-bson.ts';
import type { RawBatch } from '../lib/raw-bson.ts';

/** What a capped collection holds, or may hold: bytes of documents, and their number. */
export interface CappedLimit {
  readonly bytes: number;
  readonly documents: number;
}

/** The limit that is written in the raw options of a collection. */
export function cappedLimit(options: Buffer): CappedLimit {
  const { size, max } = deserialize(options);
  // Any type of number may stand there, and a maximum that is none.
  const most = Number(max ?? 0);
  return { bytes: Number(size), documents: most > 0 ? most : Infinity };
}

/** True if a collection of this limit can hold that much. */
export function fits(held: CappedLimit, limit: CappedLimit): boolean {
  return held.bytes <= limit.bytes && held.documents <= limit.documents;
}

/** Leaves out, at the front, as many of the documents as a server removes: one after the other until the rest fits. */
export async function* withoutOldest(
  batches: AsyncIterable<RawBatch>,
  held: CappedLimit,
  limit: CappedLimit,
): AsyncGenerator<RawBatch, void> {
  let { bytes, documents } = held;
  for await (const { buffer, starts, count } of batches) {
    let first = 0;
    for (; first < count && !fits({ bytes, documents }, limit); first++) {
      bytes -= documentLength(buffer, starts[first]!);
      documents--;
    }
    if (first < count) yield { buffer, starts: starts.subarray(first), count: count - first };
  }
}
