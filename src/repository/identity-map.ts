import { hash, randomBytes } from 'node:crypto';
import type { RawElement } from '../lib/raw-bson.ts';
import { hashBytes, keyedHashOf } from './document-identity.ts';

/** A short hash, never 0, 16 bytes of a long one, and the value. */
const wordsPerSlot = 6;
const valueWord = 5;
const keyLength = 32;

/**
 * A map of `_id`s to numbers of 32 bits that holds 16 bytes of a keyed SHA-256 of each, not the `_id` itself: 24 bytes a slot whatever an
 * `_id` is. The key is random and dies with the map, so nobody can make two `_id`s collide. Most look-ups end at the short hash and cost
 * no SHA-256.
 */
export class IdentityMap {
  readonly #key = randomBytes(keyLength);
  readonly #short = keyedHashOf(this.#key);
  #scratch = Buffer.alloc(1024);
  #words = new Uint32Array(64 * wordsPerSlot);
  #mask = 63;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** What the identity was set to last; undefined if it never was. */
  get(buffer: Buffer, identity: RawElement): number | undefined {
    const at = this.#find(buffer, identity, false);
    return at === null ? undefined : this.#words[at + valueWord]!;
  }

  /** Sets the identity to a number from 0 to 2^32 - 1; tells what it was set to before. */
  set(buffer: Buffer, identity: RawElement, value: number): number | undefined {
    if (this.#size * 4 >= (this.#mask + 1) * 3) this.#grow();
    const before = this.#size;
    const at = this.#find(buffer, identity, true)! + valueWord;
    const old = this.#size > before ? undefined : this.#words[at]!;
    this.#words[at] = value;
    return old;
  }

  /** Where the slot of the identity begins, which is made if `insert` says so; null if there is none. */
  #find(buffer: Buffer, identity: RawElement, insert: boolean): number | null {
    const short = hashBytes(this.#short, identity.type, buffer, identity.value, identity.end) || 1;
    let long: Buffer | null = null;
    let at = (short & this.#mask) * wordsPerSlot;
    for (; this.#words[at] !== 0; at = (at + wordsPerSlot) % this.#words.length) {
      if (this.#words[at] !== short) continue;
      long ??= this.#longHash(buffer, identity);
      if (this.#matches(at, long)) return at;
    }
    if (!insert) return null;
    long ??= this.#longHash(buffer, identity);
    this.#words[at] = short;
    for (let n = 0; n < 4; n++) this.#words[at + 1 + n] = long.readUInt32LE(n * 4);
    this.#size++;
    return at;
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
