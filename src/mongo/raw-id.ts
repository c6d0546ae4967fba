import { Double, Int32, Long, ObjectId, serialize } from 'bson';
import { findElement } from '../lib/raw-bson.ts';
import type { RawBatch } from '../lib/raw-bson.ts';
import { decodeValue } from './ordered-document.ts';

/** Type byte, name and its end, of an `_id` whose type is filled in, and of a document named `o`. */
const idPrefix = Buffer.from('\0_id\0', 'latin1');
const oPrefix = Buffer.from('\x03o\0', 'latin1');

/**
 * An `_id` as the bytes of its type and value, in a latin1 string so that it can be a key. Identity is by bytes, because
 * 1, 1.0 and NumberLong(1) are equal to an index and different in a document.
 */
export type IdKey = string;

/** The key of the `_id` of the document at `start`, or null if it has none. */
export function idKeyOf(buffer: Buffer, start: number): IdKey | null {
  const id = findElement(buffer, start, '_id');
  return id === null ? null : String.fromCharCode(id.type) + buffer.toString('latin1', id.value, id.end);
}

/**
 * The value to ask a server for, or null if it cannot be sent so that the server surely finds the document: then the
 * collection must be read whole. Equality across number types is the server's business and harmless here.
 */
export function queryValueOf(key: IdKey): { readonly value: unknown } | null {
  const bytes = Buffer.from(key, 'latin1');
  const type = bytes[0]!;
  // What nearly all _ids are, without the detour below.
  if (type === 0x07) return { value: new ObjectId(bytes.subarray(1)) };
  if (type === 0x10) return { value: new Int32(bytes.readInt32LE(1)) };
  if (type === 0x12) return { value: Long.fromBigInt(bytes.readBigInt64LE(1)) };
  const value = decodeValue(bytes, type, 1, bytes.length);
  if (value instanceof Double && Number.isNaN(value.value)) return { value };
  const again = serialize(new Map([['', value]]));
  const same = again[4] === type && Buffer.compare(bytes.subarray(1), again.subarray(6, again.length - 1)) === 0;
  return same ? { value } : null;
}

/** Documents `{_id: …}` for these keys, as a batch. */
export function batchOfIds(keys: readonly IdKey[]): RawBatch {
  const starts = new Uint32Array(keys.length);
  // length word, type, "_id\0", value, terminator; the key holds type and value
  const buffer = Buffer.alloc(keys.reduce((sum, key) => sum + key.length + 9, 0));
  let at = 0;
  keys.forEach((key, n) => {
    starts[n] = at;
    const length = key.length + 9;
    buffer.writeInt32LE(length, at);
    buffer[at + 4] = key.charCodeAt(0);
    buffer.write('_id\0', at + 5, 'latin1');
    buffer.write(key.slice(1), at + 9, 'latin1');
    at += length;
  });
  return { buffer, starts, count: keys.length };
}

/** Length of the document `{_id: …, o: …}` for a key and an `o` of so many bytes. */
export function updateLength(key: IdKey, length: number): number {
  // length word, type, "_id\0", value; type, "o\0", document; terminator; the key holds type and value
  return 12 + key.length + length;
}

/** Writes the document `{_id: …, o: …}`, whose `o` are the bytes of `source` from `from` to `to`, at `at` of `target`. */
export function writeUpdate(target: Buffer, at: number, key: IdKey, source: Buffer, from: number, to: number): void {
  target.writeInt32LE(updateLength(key, to - from), at);
  idPrefix.copy(target, at + 4);
  target[at + 4] = key.charCodeAt(0);
  for (let n = 1; n < key.length; n++) target[at + 8 + n] = key.charCodeAt(n);
  const o = at + 8 + key.length;
  oPrefix.copy(target, o);
  source.copy(target, o + oPrefix.length, from, to);
  target[o + oPrefix.length + to - from] = 0;
}
