import { packNonce, type PackedBlock } from './block.ts';
import { corruptObject } from './corrupt-object.ts';
import { footerEntryLength, limits, packEndMagic, packHeadLength, packMagic, packTrailerLength, tagLength } from './format.ts';
import { seal, unseal, type SealingKey } from './sealed-box.ts';

const footerOrdinal = 0xffff_ffff;
const label = Buffer.from('larder/v1/footer\0', 'latin1');

function additional(salt: Buffer, blocks: number): Buffer {
  const data = Buffer.alloc(label.length + salt.length + 4);
  label.copy(data);
  salt.copy(data, label.length);
  data.writeUInt32LE(blocks, label.length + salt.length);
  return data;
}

/** Bytes that footer and trailer take for so many blocks. */
export function packTailLength(blocks: number): number {
  return blocks * footerEntryLength + tagLength + packTrailerLength;
}

/** The first bytes of a pack. */
export function encodePackHead(salt: Buffer): Buffer {
  return Buffer.concat([packMagic, salt]);
}

/** The salt of a pack from its first bytes; `object-corrupt` if they are not those of a pack. */
export function decodePackHead(bytes: Buffer, object: string): Buffer {
  if (bytes.length < packHeadLength) throw corruptObject(object, 'truncated', { offset: 0, length: bytes.length });
  if (!bytes.subarray(0, 8).equals(packMagic)) throw corruptObject(object, 'not a pack', { offset: 0, length: 8 });
  return bytes.subarray(8, packHeadLength);
}

/** Footer and trailer of a pack. Blocks in ordinal order. */
export function encodePackTail(key: SealingKey, salt: Buffer, blocks: readonly PackedBlock[]): Buffer {
  const plain = Buffer.alloc(blocks.length * footerEntryLength);
  blocks.forEach((block, ordinal) => {
    const at = ordinal * footerEntryLength;
    block.id.copy(plain, at);
    plain.writeUInt32LE(block.offset, at + 32);
    plain.writeUInt32LE(block.storedLength, at + 36);
    plain.writeUInt32LE(block.rawLength, at + 40);
    plain.writeUInt32LE(block.count, at + 44);
    plain.writeUInt8(block.kind, at + 48);
  });
  const footer = seal(key, packNonce(footerOrdinal), additional(salt, blocks.length), plain);
  const trailer = Buffer.alloc(packTrailerLength);
  trailer.writeUInt32LE(footer.length);
  trailer.writeUInt32LE(blocks.length, 4);
  packEndMagic.copy(trailer, 8);
  return Buffer.concat([footer, trailer]);
}

/** Length of footer and trailer as the last 16 bytes of a pack say; `object-corrupt` if they cannot be those of a pack of that size. */
export function decodePackTrailer(trailer: Buffer, packSize: number, object: string): { footerLength: number; blocks: number } {
  const range = { offset: Math.max(0, packSize - packTrailerLength), length: packTrailerLength };
  if (packSize > limits.pack) throw corruptObject(object, 'too large');
  if (trailer.length !== packTrailerLength || !trailer.subarray(8).equals(packEndMagic))
    throw corruptObject(object, 'not the end of a pack', range);
  const footerLength = trailer.readUInt32LE(0);
  const blocks = trailer.readUInt32LE(4);
  const fits =
    footerLength === blocks * footerEntryLength + tagLength && footerLength + packHeadLength + packTrailerLength <= packSize;
  if (!fits || blocks > limits.footerBlocks) throw corruptObject(object, 'its end contradicts itself', range);
  return { footerLength, blocks };
}

/** The blocks that a footer lists; `object-corrupt` if it was altered or does not fit the pack. */
export function decodePackFooter(
  footer: Buffer,
  key: Buffer,
  salt: Buffer,
  blocks: number,
  packSize: number,
  object: string,
): PackedBlock[] {
  const end = packSize - packTrailerLength - footer.length;
  const range = { offset: end, length: footer.length };
  let plain: Buffer;
  try {
    plain = unseal(key, packNonce(footerOrdinal), additional(salt, blocks), footer);
  } catch (error) {
    throw corruptObject(object, 'its footer was altered', range, error);
  }
  const listed: PackedBlock[] = [];
  let expected = packHeadLength;
  for (let ordinal = 0; ordinal < blocks; ordinal++) {
    const at = ordinal * footerEntryLength;
    const block: PackedBlock = {
      id: plain.subarray(at, at + 32),
      ordinal,
      offset: plain.readUInt32LE(at + 32),
      storedLength: plain.readUInt32LE(at + 36),
      rawLength: plain.readUInt32LE(at + 40),
      count: plain.readUInt32LE(at + 44),
      kind: plain.readUInt8(at + 48),
    };
    if (block.offset !== expected) throw corruptObject(object, 'its footer contradicts itself', range);
    expected += block.storedLength;
    listed.push(block);
  }
  if (expected !== end) throw corruptObject(object, 'its footer contradicts its length', range);
  return listed;
}
