import { LarderError } from '../core/errors.ts';
import { blockId, openBlock, type PackedBlock } from './block.ts';
import { compress } from './zstd.ts';

/** Stands for the object's name in errors about what is not stored yet. */
export const inMemory = 'in memory';

/** The costly work on blocks, wherever it is done. What is handed in must not change until the promise is settled. */
export interface BlockCodec {
  /** The keyed id of a block's content. */
  identify(kind: number, content: Buffer): Promise<Buffer>;
  /**
   * The content as one zstd frame. It may have taken the place of the content, which is not needed any more, in memory of
   * `frameBound` bytes, and then is good as long as that is not used again.
   */
  compress(content: Buffer): Promise<Buffer>;
  /**
   * Reads a block back from its sealed form: a bit that flipped on the way is found while the source still exists. Rejects with
   * `object-corrupt`, naming the range in the pack.
   */
  prove(sealed: Buffer, key: Buffer, block: PackedBlock): Promise<void>;
}

/** A block that is not what it was when its id was taken. */
export function changedInMemory({ offset, storedLength: length }: Pick<PackedBlock, 'offset' | 'storedLength'>): LarderError {
  return new LarderError(
    'object-corrupt',
    'a block changed in memory before it was stored: the memory of this machine may be faulty',
    { details: { object: inMemory, offset, length } },
  );
}

/** Works in the calling thread and its pool: right for a few blocks. */
export function localCodec(idKey: Buffer): BlockCodec {
  return {
    identify: async (kind, content) => blockId(idKey, kind, content),
    compress,
    async prove(sealed, key, block) {
      const content = await openBlock(sealed, key, block, inMemory, block.offset);
      if (!blockId(idKey, block.kind, content).equals(block.id)) throw changedInMemory(block);
    },
  };
}
