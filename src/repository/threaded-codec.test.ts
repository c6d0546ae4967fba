import { randomBytes } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { localCodec } from './block-codec.ts';
import { blockId, sealBlock, type PackedBlock } from './block.ts';
import { BufferPool } from './buffer-pool.ts';
import { tagLength } from './format.ts';
import { ThreadedCodec } from './threaded-codec.ts';
import { decompress, frameBound } from './zstd.ts';

const idKey = randomBytes(32);
const packKey = randomBytes(32);
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

interface Sealed {
  readonly bytes: Buffer;
  readonly block: PackedBlock;
}

async function seal(bytes: Buffer, id: Buffer): Promise<Sealed> {
  const frame = await localCodec(idKey).compress(bytes);
  const target = pool.take(frame.length + tagLength);
  const facts = { kind: 1, rawLength: bytes.length, count: 1, id };
  const storedLength = sealBlock(target, 0, packKey, 0, facts, frame);
  return { bytes: target.subarray(0, storedLength), block: { ...facts, ordinal: 0, offset: 0, storedLength } };
}

describe('ThreadedCodec', () => {
  it('gives the ids and frames that the calling thread would, also for several at once', async () => {
    const codec = await warmCodec();
    await Promise.all(
      [100, 300_000, 1_000_000, 5_000_000].map(async (length) => {
        const bytes = content(length);
        const before = Buffer.from(bytes);
        expect(await codec.identify(1, bytes)).toEqual(blockId(idKey, 1, before));
        const wanted = await localCodec(idKey).compress(before);
        const frame = await codec.compress(bytes);
        expect(frame.equals(wanted)).toBe(true);
        expect((await decompress(frame, length)).equals(before)).toBe(true);
      }),
    );
  });

  it('compresses what cannot be compressed within the memory it is given', async () => {
    const codec = await warmCodec();
    const bytes = pool.take(frameBound(1_000_000)).subarray(0, 1_000_000);
    randomBytes(bytes.length).copy(bytes);
    const before = Buffer.from(bytes);
    expect((await decompress(await codec.compress(bytes), before.length)).equals(before)).toBe(true);
  });

  it('P2: proves a sealed block, and names the range of one that was altered or is another', async () => {
    const codec = await warmCodec();
    const bytes = content(500_000);
    const right = await seal(bytes, blockId(idKey, 1, bytes));
    await codec.prove(right.bytes, packKey, right.block);
    const wrong = await seal(bytes, blockId(idKey, 2, bytes));
    const range = { offset: 0, length: wrong.block.storedLength };
    await expect(codec.prove(wrong.bytes, packKey, wrong.block)).rejects.toMatchObject({
      code: 'object-corrupt',
      details: range,
    });
    right.bytes[1000]! ^= 1;
    await expect(codec.prove(right.bytes, packKey, right.block)).rejects.toMatchObject({
      code: 'object-corrupt',
      details: range,
    });
  });

  it('is over once it is closed', async () => {
    const codec = await warmCodec();
    const bytes = content(2_000_000);
    const pending = codec.compress(bytes);
    pending.catch(() => undefined);
    await codec.close();
    await expect(pending).rejects.toMatchObject({ code: 'cancelled' });
    await expect(codec.compress(bytes)).rejects.toMatchObject({ code: 'cancelled' });
  });
});
