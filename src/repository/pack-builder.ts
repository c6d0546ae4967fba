import { createHash, createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import { inMemory, type ProvedFrame } from './block-codec.ts';
import { checkSealed, sealBlock, type BlockFacts, type PackedBlock } from './block.ts';
import { packKey, type ProjectKeys } from './derive-keys.ts';
import { packHeadLength, packSaltLength, tagLength } from './format.ts';
import type { PackRef } from './layer-list.ts';
import { encodePackHead, encodePackTail, packTailLength } from './pack-format.ts';

/** Fills one pack in memory. */
export class PackBuilder {
  readonly salt = randomBytes(packSaltLength);
  readonly #key: KeyObject;
  readonly #buffer: Buffer;
  readonly #blocks: PackedBlock[] = [];
  readonly #checksums: number[] = [];
  /** Of what stands in the buffer already: its name. Taken as the bytes come, while they lie in the processor's cache. */
  readonly #hash = createHash('sha256');
  #length = 0;

  /** `buffer` is where the pack is built; it bounds how much fits. */
  constructor(keys: ProjectKeys, buffer: Buffer) {
    this.#key = createSecretKey(packKey(keys, this.salt));
    this.#buffer = buffer;
    this.#grow(encodePackHead(this.salt).copy(buffer));
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

  /** Seals a compressed block into the pack. Its memory is not needed any more: `finish` looks whether it was sealed as it was proved. */
  add(facts: Omit<BlockFacts, 'id'>, { id, frame, checksum }: ProvedFrame): PackedBlock {
    const ordinal = this.#blocks.length;
    const offset = this.#length;
    const storedLength = sealBlock(this.#buffer, offset, this.#key, ordinal, { ...facts, id }, frame);
    const block: PackedBlock = { ...facts, id, ordinal, offset, storedLength };
    this.#blocks.push(block);
    this.#checksums.push(checksum);
    this.#grow(storedLength);
    return block;
  }

  /**
   * Completes the pack. Every block in it is opened once: its tag and its checksum tell whether what is about to be stored is what was proved. Throws
   * `object-corrupt` naming the range if not. The bytes lie in the buffer that was given.
   */
  finish(inline: boolean): { readonly bytes: Buffer; readonly pack: PackRef } {
    this.#grow(encodePackTail(this.#key, this.salt, this.#blocks).copy(this.#buffer, this.#length));
    const name = this.#hash.digest('hex');
    // After the name was taken, so that whatever flips before this is found here, and whatever flips later does not have the name.
    this.#blocks.forEach((block, ordinal) => {
      const sealed = this.#buffer.subarray(block.offset, block.offset + block.storedLength);
      checkSealed(sealed, this.#key, block, this.#checksums[ordinal]!, inMemory);
    });
    const bytes = this.#buffer.subarray(0, this.#length);
    return { bytes, pack: { name, salt: this.salt, size: bytes.length, inline } };
  }

  /** So many bytes were put behind those that stand in the buffer. */
  #grow(length: number): void {
    this.#hash.update(this.#buffer.subarray(this.#length, this.#length + length));
    this.#length += length;
  }
}
