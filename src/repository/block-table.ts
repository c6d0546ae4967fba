import type { BlockFacts } from './block.ts';
import type { BlockLocation } from './block-index.ts';
import type { LayerBlock, PackRef } from './layer-list.ts';

const idLength = 32;
/** Pack, ordinal, offset, stored length, raw length, document count, kind. */
const wordsPerBlock = 7;

/**
 * The blocks of a layer that is being written, in order, each filled in once its pack is durable. Sixty bytes a block in
 * typed arrays: a terabyte is a million blocks, and as many objects and promises would not fit in memory.
 */
export class BlockTable {
  readonly #packs: PackRef[] = [];
  readonly #numbers = new Map<string, number>();
  #ids = Buffer.alloc(64 * idLength);
  #words = new Uint32Array(64 * wordsPerBlock);
  #length = 0;

  /** Keeps the place of the next block, and returns its number. */
  reserve(): number {
    const number = this.#length++;
    if (this.#length * wordsPerBlock > this.#words.length) {
      const [ids, words] = [this.#ids, this.#words];
      this.#ids = Buffer.alloc(ids.length * 2);
      this.#words = new Uint32Array(words.length * 2);
      ids.copy(this.#ids);
      this.#words.set(words);
    }
    return number;
  }

  /** Fills in a reserved block. */
  set(number: number, facts: BlockFacts, location: BlockLocation): void {
    let pack = this.#numbers.get(location.pack.name);
    if (pack === undefined) {
      pack = this.#packs.push(location.pack) - 1;
      this.#numbers.set(location.pack.name, pack);
    }
    facts.id.copy(this.#ids, number * idLength);
    const { ordinal, offset, storedLength } = location;
    this.#words.set([pack, ordinal, offset, storedLength, facts.rawLength, facts.count, facts.kind], number * wordsPerBlock);
  }

  /** Packs and blocks as a layer list has them; every reserved block must have been filled in. */
  contents(): { readonly packs: readonly PackRef[]; readonly blocks: readonly LayerBlock[] } {
    const blocks = Array.from({ length: this.#length }, (_, number): LayerBlock => {
      const at = number * wordsPerBlock;
      return {
        pack: this.#words[at]!,
        ordinal: this.#words[at + 1]!,
        offset: this.#words[at + 2]!,
        storedLength: this.#words[at + 3]!,
        rawLength: this.#words[at + 4]!,
        count: this.#words[at + 5]!,
        kind: this.#words[at + 6]!,
        id: this.#ids.subarray(number * idLength, (number + 1) * idLength),
      };
    });
    return { packs: this.#packs, blocks };
  }
}
