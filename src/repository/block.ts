import { createHmac } from 'node:crypto';
import { corruptObject } from './corrupt-object.ts';
import { limits, nonceLength } from './format.ts';
import { sealInto, unseal } from './sealed-box.ts';
import { decompress } from './zstd.ts';

/** What is known of a block wherever it is stored. */
export interface BlockFacts {
  /** `documentsKind` or `removalsKind`. */
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
export function blockId(key: Buffer, kind: number, content: Buffer): Buffer {
  return createHmac('sha256', key).update(Buffer.of(kind)).update(content).digest();
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
export function sealBlock(target: Buffer, at: number, key: Buffer, ordinal: number, facts: BlockFacts, frame: Buffer): number {
  return sealInto(target, at, key, packNonce(ordinal), additional(facts), frame);
}

/** The compressed content of a stored block, authenticated. `object-corrupt` as `openBlock`. */
export function unsealBlock(sealed: Buffer, key: Buffer, block: PackedBlock, object: string, at: number): Buffer {
  const range = { offset: at, length: block.storedLength };
  if (block.rawLength > limits.blockRaw) throw corruptObject(object, 'block too large', range);
  try {
    return unseal(key, packNonce(block.ordinal), additional(block), sealed);
  } catch (error) {
    throw corruptObject(object, 'a block was altered', range, error);
  }
}

/**
 * Authenticates and unpacks a stored block. `sealed` was read from `object` at `at`; with damage of any kind it is
 * `object-corrupt` naming both.
 */
export async function openBlock(sealed: Buffer, key: Buffer, block: PackedBlock, object: string, at: number): Promise<Buffer> {
  const frame = unsealBlock(sealed, key, block, object, at);
  try {
    return await decompress(frame, block.rawLength);
  } catch (error) {
    throw corruptObject(object, 'a block does not unpack', { offset: at, length: block.storedLength }, error);
  }
}
