import { createSecretKey, randomBytes } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isLarderError } from '../core/errors.ts';
import { checksumOf, localCodec } from './block-codec.ts';
import { blockId, blockIdIfSame } from './block.ts';
import { BufferPool } from './buffer-pool.ts';
import { ThreadedCodec } from './threaded-codec.ts';
import { decompress, frameBound } from './zstd.ts';

const idKey = createSecretKey(randomBytes(32));
const pool = new BufferPool([]);

/** Bytes in shared memory with room for their frame; half of them repeat. */
function content(length: number): Buffer {
  const bytes = pool.take(frameBound(length)).subarray(0, length);
  randomBytes(length >> 1).copy(bytes);
  return bytes.fill('document ', length >> 1);
}

/** A codec that has seen enough to use its threads. */
async function warmCodec(): Promise<ThreadedCodec> {
  const codec = new ThreadedCodec(idKey);
  onTestFinished(() => codec.close());
  await codec.identify(1, Buffer.alloc(17 * 1024 * 1024));
  return codec;
}

/** Whether the codec notices that some bytes of a block change for as long as it works on them. */
async function noticesChange(codec: ThreadedCodec, length: number): Promise<boolean> {
  const bytes = content(length);
  let settled = false;
  const compressed = codec.compress(1, bytes).finally(() => {
    settled = true;
  });
  compressed.catch(() => undefined);
  for (let turn = 0; !settled; turn++) {
    bytes.fill(turn, length - 100_000, length);
    await nextTurn();
  }
  try {
    await compressed;
    return false;
  } catch (error) {
    if (!isLarderError(error, 'object-corrupt')) throw error;
    expect(error.details).toEqual({ object: 'in memory', offset: 0, length });
    return true;
  }
}

describe('ThreadedCodec', () => {
  it('gives the ids and frames that the calling thread would, also for several at once', async () => {
    const codec = await warmCodec();
    await Promise.all(
      [100, 300_000, 1_000_000, 5_000_000].map(async (length) => {
        const bytes = content(length);
        const before = Buffer.from(bytes);
        expect(await codec.identify(1, bytes)).toEqual(blockId(idKey, 1, before));
        const wanted = await localCodec(idKey).compress(1, before);
        const { id, frame, checksum } = await codec.compress(1, bytes);
        expect(id).toEqual(blockId(idKey, 1, before));
        expect(frame.equals(wanted.frame)).toBe(true);
        expect([checksum, checksum]).toEqual([wanted.checksum, checksumOf(frame, id)]);
        expect((await decompress(frame, length)).equals(before)).toBe(true);
      }),
    );
  });

  it('compresses what cannot be compressed within the memory it is given', async () => {
    const codec = await warmCodec();
    const bytes = pool.take(frameBound(1_000_000)).subarray(0, 1_000_000);
    randomBytes(bytes.length).copy(bytes);
    const before = Buffer.from(bytes);
    expect((await decompress((await codec.compress(1, bytes)).frame, before.length)).equals(before)).toBe(true);
  });

  it('P2: notices a block that changes in memory while it is compressed and unpacked again', async () => {
    const codec = await warmCodec();
    // A change may come too early to be told from the content, or too late to matter: one of some must not.
    let noticed = false;
    for (let n = 0; n < 100 && !noticed; n++) noticed = await noticesChange(codec, 4_000_000);
    expect(noticed).toBe(true);
  });

  it('P2: gives no id to what unpacks to something else, wherever they differ', () => {
    const original = content(300_000);
    for (const at of [0, 65_535, 65_536, 200_000, 299_999]) {
      const unpacked = Buffer.from(original);
      expect(blockIdIfSame(idKey, 1, unpacked, original)).toEqual(blockId(idKey, 1, original));
      unpacked[at]! ^= 1;
      expect(blockIdIfSame(idKey, 1, unpacked, original)).toBeNull();
    }
    expect(blockIdIfSame(idKey, 1, original.subarray(1), original)).toBeNull();
  });

  it('is over once it is closed', async () => {
    const codec = await warmCodec();
    const bytes = content(2_000_000);
    const pending = codec.compress(1, bytes);
    pending.catch(() => undefined);
    await codec.close();
    await expect(pending).rejects.toMatchObject({ code: 'cancelled' });
    await expect(codec.compress(1, bytes)).rejects.toMatchObject({ code: 'cancelled' });
  });
});
