import { documentLength, type RawBatch } from '../lib/raw-bson.ts';
import { BufferPool } from './buffer-pool.ts';
import { hashIdentity, type KeyedHash } from './document-identity.ts';
import { documentsKind, largestBlock, meanBlockRest, smallestBlock } from './format.ts';
import { frameBound } from './zstd.ts';

/** A block's content, not stored yet. */
export interface CutBlock {
  readonly kind: number;
  readonly count: number;
  /** Its memory has room for the frame that it becomes. */
  readonly content: Buffer;
  /** Gives the memory of `content` back. */
  readonly release: () => void;
}

const thresholdScale = 2 ** 32 / meanBlockRest;

/** Nine blocks in ten are not longer than this. */
const usualBlock = 2 * 1024 * 1024;

/** Memory for blocks: for those in flight and one for each of a few layers. */
export function blockMemory(): BufferPool {
  return new BufferPool([
    { length: frameBound(usualBlock), idle: 8 },
    { length: frameBound(largestBlock), idle: 2 },
  ]);
}

/**
 * Collects documents into blocks and ends a block where the documents themselves say so: the same documents in the same
 * order give the same blocks, whatever came long before them. One copy for each document and no allocation.
 */
export class BlockCutter {
  readonly #hash: KeyedHash;
  readonly #pool: BufferPool;
  #buffer: Buffer | null = null;
  #length = 0;
  #count = 0;
  #kind = documentsKind;

  constructor(hash: KeyedHash, pool: BufferPool) {
    this.#hash = hash;
    this.#pool = pool;
  }

  /**
   * Appends documents of the batch from number `next` until a block is complete or the batch ends. Returns the number of the first
   * one not appended, and the block if there is one. Throws RangeError for a document whose length cannot be.
   */
  append(kind: number, batch: RawBatch, next: number): { readonly next: number; readonly block: CutBlock | null } {
    if (this.#count > 0 && this.#kind !== kind) return { next, block: this.take() };
    this.#kind = kind;
    for (let n = next; n < batch.count; n++) {
      const start = batch.starts[n]!;
      const length = documentLength(batch.buffer, start);
      if (this.#count > 0 && this.#length + length > largestBlock) return { next: n, block: this.take() };
      batch.buffer.copy(this.#roomFor(length), this.#length, start, start + length);
      this.#length += length;
      this.#count++;
      if (this.#length < smallestBlock) continue;
      const ends =
        this.#length >= largestBlock ||
        hashIdentity(this.#hash, batch.buffer, start, length) < Math.floor(length * thresholdScale);
      if (ends) return { next: n + 1, block: this.take() };
    }
    return { next: batch.count, block: null };
  }

  /** The buffer of the block, with room for so many bytes more. */
  #roomFor(length: number): Buffer {
    const buffer = this.#buffer;
    const wanted = this.#length + length;
    if (buffer !== null && frameBound(wanted) <= buffer.length) return buffer;
    const larger = this.#pool.take(frameBound(Math.max(wanted, buffer === null ? usualBlock : largestBlock)));
    if (buffer !== null) {
      buffer.copy(larger, 0, 0, this.#length);
      this.#pool.give(buffer);
    }
    this.#buffer = larger;
    return larger;
  }

  /** The block begun so far, or null if there is none. */
  take(): CutBlock | null {
    const buffer = this.#buffer;
    if (buffer === null) return null;
    const block: CutBlock = {
      kind: this.#kind,
      count: this.#count,
      content: buffer.subarray(0, this.#length),
      release: () => this.#pool.give(buffer),
    };
    this.#buffer = null;
    this.#length = 0;
    this.#count = 0;
    return block;
  }
}
