import { createHmac, type KeyObject } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { corruptObject } from './corrupt-object.ts';
import { limits, nonceLength } from './format.ts';
import { checksumUnsealed, sealInto, unseal, type SealingKey } from './sealed-box.ts';
import { decompress } from './zstd.ts';

/** What is known of a block wherever it is stored. */
export interface BlockFacts {
  /** `documentsKind`, `removalsKind` or `updatesKind`. */
  readonly kind: number;
  readonly rawLength: number;
  readonly count: number;
  /** 32 bytes. */
  readonly id: Buffer;
}

/** Where a block lies in its pack. */
export interface BlockPosition {
  readonly ordinal: number;
  readonly offset: number;
  readonly storedLength: number;
}

export type PackedBlock = BlockFacts & BlockPosition;

/** The keyed id of a block's content. */
export function blockId(key: KeyObject, kind: number, content: Buffer): Buffer {
  return createHmac('sha256', key).update(Buffer.of(kind)).update(content).digest();
}

/** Short enough that what was hashed is compared while it still lies in the processor's cache. */
const comparedAtOnce = 64 * 1024;

/** The id of `content`, or null unless `original` is the same: both are looked at in one pass. */
export function blockIdIfSame(key: KeyObject, kind: number, content: Buffer, original: Buffer): Buffer | null {
  if (content.length !== original.length) return null;
  const hash = createHmac('sha256', key).update(Buffer.of(kind));
  for (let at = 0; at < content.length; at += comparedAtOnce) {
    const part = content.subarray(at, at + comparedAtOnce);
    hash.update(part);
    if (part.compare(original, at, at + part.length) !== 0) return null;
  }
  return hash.digest();
}

/** The nonce of the block of an ordinal, or of the footer: a pack's key is used for that pack only. */
export function packNonce(ordinal: number): Buffer {
  const nonce = Buffer.alloc(nonceLength);
  nonce.writeUInt32LE(ordinal);
  return nonce;
}

const label = Buffer.from('larder/v1/block\0', 'latin1');

function additional(facts: BlockFacts): Buffer {
  const data = Buffer.alloc(label.length + 9 + 32);
  label.copy(data);
  data.writeUInt8(facts.kind, label.length);
  data.writeUInt32LE(facts.rawLength, label.length + 1);
  data.writeUInt32LE(facts.count, label.length + 5);
  facts.id.copy(data, label.length + 9);
  return data;
}

/** Seals a compressed block into a pack's buffer and returns the stored length. */
export function sealBlock(
  target: Buffer,
  at: number,
  key: SealingKey,
  ordinal: number,
  facts: BlockFacts,
  frame: Buffer,
): number {
  return sealInto(target, at, key, packNonce(ordinal), additional(facts), frame);
}

/**
 * Authenticates a block that was just sealed and looks whether it still holds the frame and the id of which `checksumOf` is `checksum`. With damage
 * of any kind it is `object-corrupt` naming `object` and the range at the block's offset.
 */
export function checkSealed(sealed: Buffer, key: SealingKey, block: PackedBlock, checksum: number, object: string): void {
  const range = { offset: block.offset, length: block.storedLength };
  let found: number;
  try {
    found = checksumUnsealed(key, packNonce(block.ordinal), additional(block), sealed);
  } catch (error) {
    throw corruptObject(object, 'a block was altered', range, error);
  }
  if (crc32(block.id, found) !== checksum) throw corruptObject(object, 'a block changed before it was sealed', range);
}

/**
 * Authenticates and unpacks a stored block. `sealed` was read from `object` at `at`; with damage of any kind it is
 * `object-corrupt` naming both.
 */
export async function openBlock(sealed: Buffer, key: Buffer, block: PackedBlock, object: string, at: number): Promise<Buffer> {
  const range = { offset: at, length: block.storedLength };
  if (block.rawLength > limits.blockRaw) throw corruptObject(object, 'block too large', range);
  let frame: Buffer;
  try {
    frame = unseal(key, packNonce(block.ordinal), additional(block), sealed);
  } catch (error) {
    throw corruptObject(object, 'a block was altered', range, error);
  }
  try {
    return await decompress(frame, block.rawLength);
  } catch (error) {
    throw corruptObject(object, 'a block does not unpack', range, error);
  }
}
