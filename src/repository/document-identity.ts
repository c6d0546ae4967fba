import { findElement, type RawElement } from '../lib/raw-bson.ts';

/** `_id` and its terminating zero, as they stand in memory. */
const idNameWord = 0x0064_695f;

/**
 * The `_id` element of the document at `start`, or null. Nearly every document has it first, which costs no search.
 * Throws RangeError for malformed BSON.
 */
export function findIdentity(buffer: Buffer, start: number): RawElement | null {
  return findElement(buffer, start, '_id');
}

/** A hash keyed with two words. Fast, not cryptographic. */
export interface KeyedHash {
  readonly k0: number;
  readonly k1: number;
}

/** Takes the two words from the first eight bytes of a key. */
export function keyedHashOf(key: Buffer): KeyedHash {
  return { k0: key.readUInt32LE(0), k1: key.readUInt32LE(4) };
}

/** 32 bits over `type` and the bytes from `from` to `to`, as docs/repository-format.md ("Cutting blocks") says. */
export function hashBytes(hash: KeyedHash, type: number, buffer: Buffer, from: number, to: number): number {
  let h = hash.k0 ^ type;
  let at = from;
  for (; at + 4 <= to; at += 4) {
    let w = buffer[at]! | (buffer[at + 1]! << 8) | (buffer[at + 2]! << 16) | (buffer[at + 3]! << 24);
    w = Math.imul(w, 0xcc9e2d51);
    w = Math.imul((w << 15) | (w >>> 17), 0x1b873593);
    h ^= w;
    h = (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
  }
  if (at < to) {
    let w = 0;
    for (let shift = 0; at < to; at++, shift += 8) w |= buffer[at]! << shift;
    w = Math.imul(w, 0xcc9e2d51);
    w = Math.imul((w << 15) | (w >>> 17), 0x1b873593);
    h ^= w;
  }
  h ^= to - from;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  h ^= h >>> 16;
  h ^= hash.k1;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  return h >>> 0;
}

/** Bytes of a document without `_id` that stand for it. */
const anonymousPrefix = 64;

/** Width of an `_id` value whose type has a fixed one, for the types that nearly all documents use; else 0. */
function fixedWidth(type: number): number {
  if (type === 0x07) return 12;
  if (type === 0x12 || type === 0x01 || type === 0x09) return 8;
  return type === 0x10 ? 4 : 0;
}

/** The keyed hash of the identity of the document at `start` of `length` bytes. Allocates nothing for the common types of `_id`. */
export function hashIdentity(hash: KeyedHash, buffer: Buffer, start: number, length: number): number {
  if (length >= 14 && buffer.readInt32LE(start + 5) === idNameWord) {
    const type = buffer[start + 4]!;
    const width = fixedWidth(type);
    if (width !== 0 && width + 10 <= length) return hashBytes(hash, type, buffer, start + 9, start + 9 + width);
  }
  const element = findIdentity(buffer, start);
  if (element === null) return hashBytes(hash, 0, buffer, start, start + Math.min(length, anonymousPrefix));
  return hashBytes(hash, element.type, buffer, element.value, element.end);
}
