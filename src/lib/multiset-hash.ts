import { hash } from 'node:crypto';
import type { RawBatch } from './raw-bson.ts';

/** 256 bits as eight words, each summed in a double with room for this many additions before a carry. */
const words = 8;
const additionsBeforeCarry = 1_000_000;

/** Sum of the documents' SHA-256 modulo 2^256, and their number: equal for equal multisets of documents, in whatever order. */
export class MultisetHash {
  documents = 0;
  bytes = 0;
  readonly #sums = new Float64Array(words);
  #additions = 0;

  add(batch: RawBatch): void {
    for (let n = 0; n < batch.count; n++) {
      const start = batch.starts[n]!;
      const length = batch.buffer.readInt32LE(start);
      // A text of one character for each byte: a Buffer for each document takes twice the time, most of it to collect them again.
      const digest = hash('sha256', batch.buffer.subarray(start, start + length), 'binary');
      for (let word = 0; word < words; word++) this.#sums[word]! += wordAt(digest, word * 4);
      this.documents++;
      this.bytes += length;
      if (++this.#additions === additionsBeforeCarry) this.#carry();
    }
  }

  /** 64 hex digits. */
  digest(): string {
    this.#carry();
    return [...this.#sums].map((word) => word.toString(16).padStart(8, '0')).join('');
  }

  #carry(): void {
    let carry = 0;
    for (let word = words - 1; word >= 0; word--) {
      const sum = this.#sums[word]! + carry;
      carry = Math.floor(sum / 2 ** 32);
      this.#sums[word] = sum - carry * 2 ** 32;
    }
    this.#additions = 0;
  }
}

/** Four bytes, the highest first. */
function wordAt(bytes: string, at: number): number {
  const low = (bytes.charCodeAt(at + 1) << 16) | (bytes.charCodeAt(at + 2) << 8) | bytes.charCodeAt(at + 3);
  return bytes.charCodeAt(at) * 2 ** 24 + low;
}
