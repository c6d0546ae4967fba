import type { BlockPosition } from './block.ts';
import type { PackRef } from './layer-list.ts';

/** Where a stored block is. */
export interface BlockLocation extends BlockPosition {
  readonly pack: PackRef;
}

const idLength = 32;
/** Pack number plus one (0 is a free slot), ordinal, offset, stored length. */
const wordsPerSlot = 4;

/**
 * Ids of stored blocks and where they are: an open-addressing table in typed arrays, 48 bytes a slot, since a repository may
 * hold millions and objects for them would cost ten times that.
 */
export class BlockIndex {
  readonly #packs: PackRef[] = [];
  #ids = Buffer.alloc(0);
  #words = new Uint32Array(0);
  #mask = -1;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds the blocks of a pack; of blocks with the same id the first one stays. */
  addPack(pack: PackRef, blocks: readonly (BlockPosition & { readonly id: Buffer })[]): void {
    this.#packs.push(pack);
    this.#reserve(this.#size + blocks.length);
    for (const block of blocks) {
      const slot = this.#slotOf(block.id);
      if (this.#words[slot * wordsPerSlot] !== 0) continue;
      block.id.copy(this.#ids, slot * idLength);
      this.#words.set([this.#packs.length, block.ordinal, block.offset, block.storedLength], slot * wordsPerSlot);
      this.#size++;
    }
  }

  /** Where the block is, or null if it is not stored. */
  find(id: Buffer): BlockLocation | null {
    if (this.#size === 0) return null;
    const at = this.#slotOf(id) * wordsPerSlot;
    const pack = this.#words[at]!;
    if (pack === 0) return null;
    return {
      pack: this.#packs[pack - 1]!,
      ordinal: this.#words[at + 1]!,
      offset: this.#words[at + 2]!,
      storedLength: this.#words[at + 3]!,
    };
  }

  /** The slot that holds `id` or the free one where it belongs. Ids are HMACs: their first bytes are as good as any hash. */
  #slotOf(id: Buffer): number {
    let slot = id.readUInt32LE(0) & this.#mask;
    while (this.#words[slot * wordsPerSlot] !== 0) {
      const at = slot * idLength;
      if (this.#ids.compare(id, 0, idLength, at, at + idLength) === 0) return slot;
      slot = (slot + 1) & this.#mask;
    }
    return slot;
  }

  #reserve(blocks: number): void {
    const capacity = this.#mask + 1;
    if (blocks * 4 <= capacity * 3) return;
    let larger = Math.max(64, capacity);
    while (blocks * 4 > larger * 3) larger *= 2;
    const [ids, words] = [this.#ids, this.#words];
    this.#ids = Buffer.alloc(larger * idLength);
    this.#words = new Uint32Array(larger * wordsPerSlot);
    this.#mask = larger - 1;
    for (let slot = 0; slot < capacity; slot++) {
      if (words[slot * wordsPerSlot] === 0) continue;
      const target = this.#slotOf(ids.subarray(slot * idLength, (slot + 1) * idLength));
      ids.copy(this.#ids, target * idLength, slot * idLength, (slot + 1) * idLength);
      this.#words.set(words.subarray(slot * wordsPerSlot, (slot + 1) * wordsPerSlot), target * wordsPerSlot);
    }
  }
}
