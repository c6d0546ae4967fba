import { createHash, randomBytes } from 'node:crypto';
import { inMemory, type BlockCodec } from './block-codec.ts';
import { sealBlock, unsealBlock, type BlockFacts, type PackedBlock } from './block.ts';
import { packKey, type ProjectKeys } from './derive-keys.ts';
import { packHeadLength, packSaltLength, tagLength } from './format.ts';
import type { PackRef } from './layer-list.ts';
import { encodePackHead, encodePackTail, packTailLength } from './pack-format.ts';

/** Fills one pack in memory. */
export class PackBuilder {
  readonly salt = randomBytes(packSaltLength);
  readonly #codec: BlockCodec;
  readonly #key: Buffer;
  readonly #buffer: Buffer;
  readonly #blocks: PackedBlock[] = [];
  readonly #checks: Promise<void>[] = [];
  #length = packHeadLength;

  /** `buffer` is where the pack is built; it bounds how much fits. */
  constructor(keys: ProjectKeys, buffer: Buffer, codec: BlockCodec) {
    this.#codec = codec;
    this.#key = packKey(keys, this.salt);
    this.#buffer = buffer;
    encodePackHead(this.salt).copy(buffer);
  }

  /** Bytes that a pack with just this one compressed block takes. */
  static lengthFor(frameLength: number): number {
    return packHeadLength + frameLength + tagLength + packTailLength(1);
  }

  get blocks(): readonly PackedBlock[] {
    return this.#blocks;
  }

  /** True if a compressed block of this length has room. */
  fits(frameLength: number): boolean {
    return this.#length + frameLength + tagLength + packTailLength(this.#blocks.length + 1) <= this.#buffer.length;
  }

  /** Seals a compressed block into the pack and begins to prove it; `checked` rejects if the proof fails, and so does `finish`. */
  add(facts: BlockFacts, frame: Buffer): { readonly block: PackedBlock; readonly checked: Promise<void> } {
    const ordinal = this.#blocks.length;
    const offset = this.#length;
    const storedLength = sealBlock(this.#buffer, offset, this.#key, ordinal, facts, frame);
    const block: PackedBlock = { ...facts, ordinal, offset, storedLength };
    this.#blocks.push(block);
    this.#length += storedLength;
    const checked = this.#codec.prove(this.#sealed(block), this.#key, block);
    checked.catch(() => undefined); // heard by finish
    this.#checks.push(checked);
    return { block, checked };
  }

  /** Completes the pack, once every block in it is proved. The bytes lie in the buffer that was given. */
  async finish(inline: boolean): Promise<{ readonly bytes: Buffer; readonly pack: PackRef }> {
    await Promise.all(this.#checks);
    // Some blocks waited here for a while since they were proved: their tags tell whether they are still the same.
    for (const block of this.#blocks) unsealBlock(this.#sealed(block), this.#key, block, inMemory, block.offset);
    const tail = encodePackTail(this.#key, this.salt, this.#blocks);
    tail.copy(this.#buffer, this.#length);
    const bytes = this.#buffer.subarray(0, this.#length + tail.length);
    const name = createHash('sha256').update(bytes).digest('hex');
    return { bytes, pack: { name, salt: this.salt, size: bytes.length, inline } };
  }

  #sealed(block: PackedBlock): Buffer {
    return this.#buffer.subarray(block.offset, block.offset + block.storedLength);
  }
}
