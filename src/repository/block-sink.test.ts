import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { testRepository } from '../../test/fixtures/test-repository.ts';
import { localCodec, type BlockCodec } from './block-codec.ts';
import type { CutBlock } from './block-cutter.ts';
import { BlockIndex } from './block-index.ts';
import { BlockSink } from './block-sink.ts';
import { PackSink } from './pack-sink.ts';

const { signal } = new AbortController();

interface SinkUnderTest {
  readonly sink: BlockSink;
  readonly packs: PackSink;
  /** What was asked of the codec. */
  readonly asked: string[];
}

/** A sink over a store in memory. `onIdentified` may damage a content between the two looks at it. */
async function sinkOf(index: BlockIndex, onIdentified: (content: Buffer) => void = () => undefined): Promise<SinkUnderTest> {
  const context = (await testRepository()).context('project');
  const real = localCodec(context.keys.blockId);
  const asked: string[] = [];
  const codec: BlockCodec = {
    async identify(kind, content) {
      asked.push('identify');
      const id = await real.identify(kind, content);
      onIdentified(content);
      return id;
    },
    compress(kind, content) {
      asked.push('compress');
      return real.compress(kind, content);
    },
  };
  const packs = new PackSink(context, signal, (pack, blocks) => index.addPack(pack, blocks));
  const counters = { rawBytes: 0, bytesStored: 0, blocksStored: 0, blocksReused: 0 };
  return { sink: new BlockSink(context, codec, index, packs, counters, signal), packs, asked };
}

function block(content: Buffer): CutBlock {
  return { kind: 1, count: 1, content: Buffer.from(content), release: () => undefined };
}

async function store({ sink, packs }: SinkUnderTest, contents: readonly Buffer[]): Promise<void> {
  for (const content of contents) {
    const { stored, placed } = await sink.submit(block(content));
    await placed;
    await packs.flush();
    await stored;
  }
}

describe('BlockSink', () => {
  const contents = [1, 2, 3].map(() => randomBytes(10_000));

  it('looks at what is new once, and compresses nothing that is stored already but for the first block', async () => {
    const index = new BlockIndex();
    const first = await sinkOf(index);
    await store(first, contents);
    expect(first.asked).toEqual(['compress', 'compress', 'compress']);
    await store(first, contents);
    expect(first.asked.slice(3)).toEqual(['compress', 'identify', 'identify']);
    expect(index.size).toBe(contents.length);
  });

  it('P2: finds a block that changed in memory after it was identified', async () => {
    const index = new BlockIndex();
    await store(await sinkOf(index), contents);
    const damaged = await sinkOf(index, (content) => (content[5]! ^= 1));
    await expect(store(damaged, [randomBytes(10_000)])).rejects.toMatchObject({ code: 'object-corrupt' });
    expect(damaged.asked).toEqual(['identify', 'compress']);
    expect(index.size).toBe(contents.length);
  });
});
