import { hash, randomBytes } from 'node:crypto';
import type { RawElement } from '../lib/raw-bson.ts';
import { hashBytes, keyedHashOf } from './document-identity.ts';

/** A short hash, never 0, and 16 bytes of a long one. */
const wordsPerSlot = 5;
const keyLength = 32;

/**
 * A set of `_id`s that holds 16 bytes of a keyed SHA-256 of each, not the `_id` itself: 20 bytes a slot whatever an `_id` is. The key is
 * random and dies with the set, so nobody can make two `_id`s collide. Most look-ups end at the short hash and cost no SHA-256.
 */
export class IdentitySet {
  readonly #key = randomBytes(keyLength);
  readonly #short = keyedHashOf(this.#key);
  #scratch = Buffer.alloc(1024);
  #words = new Uint32Array(64 * wordsPerSlot);
  #mask = 63;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** True if the identity was added before. */
  has(buffer: Buffer, identity: RawElement): boolean {
    return this.#probe(buffer, identity, false);
  }

  /** Adds the identity; false if it was there already. */
  add(buffer: Buffer, identity: RawElement): boolean {
    if (this.#size * 4 >= (this.#mask + 1) * 3) this.#grow();
    return !this.#probe(buffer, identity, true);
  }

  #probe(buffer: Buffer, identity: RawElement, insert: boolean): boolean {
    const short = hashBytes(this.#short, identity.type, buffer, identity.value, identity.end) || 1;
    let long: Buffer | null = null;
    let at = (short & this.#mask) * wordsPerSlot;
    for (; this.#words[at] !== 0; at = (at + wordsPerSlot) % this.#words.length) {
      if (this.#words[at] !== short) continue;
      long ??= this.#longHash(buffer, identity);
      if (this.#matches(at, long)) return true;
    }
    if (insert) {
      long ??= this.#longHash(buffer, identity);
      this.#words[at] = short;
      for (let n = 0; n < 4; n++) this.#words[at + 1 + n] = long.readUInt32LE(n * 4);
      this.#size++;
    }
    return false;
  }

  #matches(at: number, long: Buffer): boolean {
    for (let n = 0; n < 4; n++) if (this.#words[at + 1 + n] !== long.readUInt32LE(n * 4)) return false;
    return true;
  }

  #longHash(buffer: Buffer, identity: RawElement): Buffer {
    const length = keyLength + 1 + identity.end - identity.value;
    if (length > this.#scratch.length) this.#scratch = Buffer.alloc(length * 2);
    this.#key.copy(this.#scratch);
    this.#scratch[keyLength] = identity.type;
    buffer.copy(this.#scratch, keyLength + 1, identity.value, identity.end);
    return hash('sha256', this.#scratch.subarray(0, length), 'buffer');
  }

  #grow(): void {
    const old = this.#words;
    this.#mask = this.#mask * 2 + 1;
    this.#words = new Uint32Array((this.#mask + 1) * wordsPerSlot);
    for (let from = 0; from < old.length; from += wordsPerSlot) {
      const short = old[from]!;
      if (short === 0) continue;
      let at = (short & this.#mask) * wordsPerSlot;
      while (this.#words[at] !== 0) at = (at + wordsPerSlot) % this.#words.length;
      this.#words.set(old.subarray(from, from + wordsPerSlot), at);
    }
  }
}
