import type { KeyObject } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { LarderError } from '../core/errors.ts';
import { blockId, blockIdIfSame } from './block.ts';
import { compress, decompress } from './zstd.ts';

/** Stands for the object's name in errors about what is not stored yet. */
export const inMemory = 'in memory';

/** A block's content as one zstd frame that was unpacked again and found to hold that content. */
export interface ProvedFrame {
  /** The keyed id of what the frame unpacks to. */
  readonly id: Buffer;
  readonly frame: Buffer;
  /** Of the frame and the id, taken before the frame was unpacked: see `checksumOf`. */
  readonly checksum: number;
}

/** The costly work on blocks, wherever it is done. What is handed in must not change until the promise is settled. */
export interface BlockCodec {
  /** The keyed id of a block's content: enough to find out whether it is stored already. */
  identify(kind: number, content: Buffer): Promise<Buffer>;
  /**
   * Compresses, unpacks what came of it, compares that with the content and takes the id from it: what flips on the way, in the content, the frame or
   * the copy, makes the two differ, and it rejects with `object-corrupt` while the source still exists. The checksum carries the proof on to
   * the sealed bytes (`PackBuilder.finish`). The frame may have taken the place of the content, which is not needed any more, in memory of
   * `frameBound` bytes, and then is good as long as that is not used again.
   */
  compress(kind: number, content: Buffer): Promise<ProvedFrame>;
}

/** CRC-32 of a frame that is followed by its block's id: any bit that flips in either, and any burst of 32, changes it. */
export function checksumOf(frame: Buffer, id: Buffer): number {
  return crc32(id, crc32(frame));
}

/** A block that is not what it was when it was cut. */
export function changedInMemory(length: number): LarderError {
  return new LarderError(
    'object-corrupt',
    'a block changed in memory before it was stored: the memory of this machine may be faulty',
    { details: { object: inMemory, offset: 0, length } },
  );
}

/** Works in the calling thread and its pool: right for a few blocks. */
export function localCodec(idKey: KeyObject): BlockCodec {
  return {
    identify: async (kind, content) => blockId(idKey, kind, content),
    async compress(kind, content) {
      const frame = await compress(content);
      const checksum = crc32(frame);
      const unpacked = await decompress(frame, content.length).catch(() => null);
      const id = unpacked === null ? null : blockIdIfSame(idKey, kind, unpacked, content);
      if (id === null) throw changedInMemory(content.length);
      return { id, frame, checksum: crc32(id, checksum) };
    },
  };
}
