import { createHash } from 'node:crypto';
import type { RawBatch } from './raw-bson.ts';

/** SHA-256 of the documents one after the other, and their number: equal for equal documents in the same order. */
export class SequenceHash {
  documents = 0;
  bytes = 0;
  readonly #hash = createHash('sha256');

  add(batch: RawBatch): void {
    for (let n = 0; n < batch.count; n++) {
      const start = batch.starts[n]!;
      const length = batch.buffer.readInt32LE(start);
      this.#hash.update(batch.buffer.subarray(start, start + length));
      this.documents++;
      this.bytes += length;
    }
  }

  /** 64 hex digits. */
  digest(): string {
    return this.#hash.copy().digest('hex');
  }
}
