import { isLarderError } from '../core/errors.ts';
import type { ObjectStore, StoreOptions } from '../storage/port.ts';
import type { PackedBlock } from './block.ts';
import { corruptObject } from './corrupt-object.ts';
import { packKey, type ProjectKeys } from './derive-keys.ts';
import { packHeadLength, packTrailerLength } from './format.ts';
import { decodePackFooter, decodePackHead, decodePackTrailer } from './pack-format.ts';

/** What a pack says of itself. */
export interface PackContents {
  readonly salt: Buffer;
  readonly key: Buffer;
  readonly blocks: readonly PackedBlock[];
}

/** Holds the footer of a pack of ordinary size, so that one read does. */
const tailGuess = 8 * 1024;

/** Exactly `length` bytes of an object; a missing object, or a store that gives fewer, is `object-corrupt`. */
export async function readExactly(
  store: ObjectStore,
  key: string,
  offset: number,
  length: number,
  options?: StoreOptions,
): Promise<Buffer> {
  let bytes: Buffer;
  try {
    bytes = await store.getRange(key, offset, length, options);
  } catch (error) {
    if (isLarderError(error, 'object-not-found')) throw corruptObject(key, 'missing', undefined, error);
    throw error;
  }
  if (bytes.length !== length)
    throw corruptObject(key, 'truncated', { offset: offset + bytes.length, length: length - bytes.length });
  return bytes;
}

/** The whole object; a missing one is `object-corrupt`. */
export async function readWhole(store: ObjectStore, key: string, options?: StoreOptions): Promise<Buffer> {
  try {
    return await store.get(key, options);
  } catch (error) {
    if (isLarderError(error, 'object-not-found')) throw corruptObject(key, 'missing', undefined, error);
    throw error;
  }
}

/** Reads head and footer of the pack `key` of `size` bytes, not its blocks. `object-corrupt` if they are damaged. */
export async function readPackFooter(
  store: ObjectStore,
  keys: ProjectKeys,
  key: string,
  size: number,
  options?: StoreOptions,
): Promise<PackContents> {
  if (size < packHeadLength + packTrailerLength) throw corruptObject(key, 'truncated', { offset: 0, length: size });
  const guess = Math.min(size, tailGuess);
  const [head, tail] = await Promise.all([
    readExactly(store, key, 0, packHeadLength, options),
    readExactly(store, key, size - guess, guess, options),
  ]);
  const salt = decodePackHead(head, key);
  const { footerLength, blocks } = decodePackTrailer(tail.subarray(tail.length - packTrailerLength), size, key);
  const from = size - packTrailerLength - footerLength;
  const footer =
    footerLength + packTrailerLength <= guess
      ? tail.subarray(tail.length - packTrailerLength - footerLength, tail.length - packTrailerLength)
      : await readExactly(store, key, from, footerLength, options);
  const sealing = packKey(keys, salt);
  return { salt, key: sealing, blocks: decodePackFooter(footer, sealing, salt, blocks, size, key) };
}

/** Reads the footer out of a whole pack. `object` names it in errors. */
export function parsePack(bytes: Buffer, keys: ProjectKeys, object: string): PackContents {
  const salt = Buffer.from(decodePackHead(bytes, object));
  const { footerLength, blocks } = decodePackTrailer(
    bytes.subarray(Math.max(0, bytes.length - packTrailerLength)),
    bytes.length,
    object,
  );
  const end = bytes.length - packTrailerLength;
  const key = packKey(keys, salt);
  return {
    salt,
    key,
    blocks: decodePackFooter(bytes.subarray(end - footerLength, end), key, salt, blocks, bytes.length, object),
  };
}
