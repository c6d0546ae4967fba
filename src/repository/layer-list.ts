import { createHmac, randomBytes } from 'node:crypto';
import type { LayerKind } from '../core/image.ts';
import type { PackedBlock } from './block.ts';
import { corruptObject } from './corrupt-object.ts';
import { documentsKind, limits, packHeadLength, removalsKind, updatesKind } from './format.ts';

/** A pack that a layer has blocks in. */
export interface PackRef {
  /** SHA-256 of the pack, hex. */
  readonly name: string;
  readonly salt: Buffer;
  readonly size: number;
  /** True if the pack stands behind the layer list itself. */
  readonly inline: boolean;
}

/** A block of a layer, with the index of its pack in the layer's table of packs. */
export interface LayerBlock extends PackedBlock {
  readonly pack: number;
}

/** What a layer consists of; blocks in the order in which they were added. */
export interface LayerList {
  readonly kind: LayerKind;
  readonly documents: number;
  readonly removals: number;
  readonly bytes: number;
  readonly packs: readonly PackRef[];
  readonly blocks: readonly LayerBlock[];
}

const kindBytes = { scan: 1, changes: 2, merged: 3 } as const satisfies Record<LayerKind, number>;
const kindOfByte: readonly (LayerKind | undefined)[] = [undefined, 'scan', 'changes', 'merged'];
const headLength = 56;
const packLength = 72;
const blockLength = 60;

/** Encodes a layer list with a fresh salt, so that no two are ever the same object. */
export function encodeLayerList(list: LayerList): Buffer {
  const raw = Buffer.alloc(headLength + list.packs.length * packLength + list.blocks.length * blockLength);
  raw.writeUInt8(kindBytes[list.kind], 0);
  randomBytes(16).copy(raw, 8);
  raw.writeBigUInt64LE(BigInt(list.documents), 24);
  raw.writeBigUInt64LE(BigInt(list.removals), 32);
  raw.writeBigUInt64LE(BigInt(list.bytes), 40);
  raw.writeUInt32LE(list.packs.length, 48);
  raw.writeUInt32LE(list.blocks.length, 52);
  let at = headLength;
  for (const pack of list.packs) {
    raw.write(pack.name, at, 'hex');
    pack.salt.copy(raw, at + 32);
    raw.writeUInt32LE(pack.size, at + 64);
    raw.writeUInt8(pack.inline ? 1 : 0, at + 68);
    at += packLength;
  }
  for (const block of list.blocks) {
    raw.writeUInt32LE(block.pack, at);
    raw.writeUInt32LE(block.ordinal, at + 4);
    raw.writeUInt32LE(block.offset, at + 8);
    raw.writeUInt32LE(block.storedLength, at + 12);
    raw.writeUInt32LE(block.rawLength, at + 16);
    raw.writeUInt32LE(block.count, at + 20);
    raw.writeUInt8(block.kind, at + 24);
    block.id.copy(raw, at + 28);
    at += blockLength;
  }
  return raw;
}

/** The id of an encoded layer list, 64 hex digits. */
export function layerIdOf(key: Buffer, raw: Buffer): string {
  return createHmac('sha256', key).update(raw).digest('hex');
}

function decodeBlock(raw: Buffer, at: number): LayerBlock {
  return {
    pack: raw.readUInt32LE(at),
    ordinal: raw.readUInt32LE(at + 4),
    offset: raw.readUInt32LE(at + 8),
    storedLength: raw.readUInt32LE(at + 12),
    rawLength: raw.readUInt32LE(at + 16),
    count: raw.readUInt32LE(at + 20),
    kind: raw.readUInt8(at + 24),
    id: raw.subarray(at + 28, at + 60),
  };
}

/** Decodes an authenticated layer list of the object `object`; `object-corrupt` if its parts do not fit each other. */
export function decodeLayerList(raw: Buffer, object: string): LayerList {
  const kind = raw.length >= headLength ? kindOfByte[raw[0]!] : undefined;
  if (kind === undefined) throw corruptObject(object, 'not a layer list');
  const packCount = raw.readUInt32LE(48);
  const blockCount = raw.readUInt32LE(52);
  if (raw.length !== headLength + packCount * packLength + blockCount * blockLength)
    throw corruptObject(object, 'its length contradicts its counts');
  const packs: PackRef[] = [];
  let at = headLength;
  for (let n = 0; n < packCount; n++, at += packLength) {
    packs.push({
      name: raw.toString('hex', at, at + 32),
      salt: raw.subarray(at + 32, at + 64),
      size: raw.readUInt32LE(at + 64),
      inline: raw[at + 68] === 1,
    });
  }
  const blocks: LayerBlock[] = [];
  for (let n = 0; n < blockCount; n++, at += blockLength) {
    const block = decodeBlock(raw, at);
    const pack = packs[block.pack];
    const fits = pack !== undefined && block.offset >= packHeadLength && block.offset + block.storedLength <= pack.size;
    const known = block.kind === documentsKind || block.kind === removalsKind || block.kind === updatesKind;
    if (!fits || !known || block.rawLength > limits.blockRaw) throw corruptObject(object, `its block ${n} contradicts its packs`);
    blocks.push(block);
  }
  return {
    kind,
    documents: Number(raw.readBigUInt64LE(24)),
    removals: Number(raw.readBigUInt64LE(32)),
    bytes: Number(raw.readBigUInt64LE(40)),
    packs,
    blocks,
  };
}
