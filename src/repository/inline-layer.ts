import type { LayerKind } from '../core/image.ts';
import { localCodec } from './block-codec.ts';
import type { CutBlock } from './block-cutter.ts';
import type { BlockCounters, BlockSink } from './block-sink.ts';
import type { LayerBlock, LayerList, PackRef } from './layer-list.ts';
import { PackBuilder } from './pack-builder.ts';
import type { ProjectContext } from './project-context.ts';

/** What the layer holds in all. */
interface LayerCounts {
  readonly documents: number;
  readonly removals: number;
  readonly bytes: number;
}

/**
 * Lays a small layer out so that it needs no pack object: thousands of small collections would otherwise make thousands of tiny packs, which
 * every later writer has to look into. Blocks that are stored already are referred to all the same.
 */
export async function inlineLayer(
  parts: { readonly context: ProjectContext; readonly sink: BlockSink; readonly counters: BlockCounters },
  kind: LayerKind,
  counts: LayerCounts,
  cut: readonly CutBlock[],
): Promise<{ readonly list: LayerList; readonly pack: Buffer | null }> {
  const codec = localCodec(parts.context.keys.blockId);
  const recognised = cut.map((block) => ({ block, ...parts.sink.recognise(block) }));
  const fresh = recognised.filter(({ known }) => known === null);
  const proved = await Promise.all(fresh.map(({ block }) => codec.compress(block.kind, block.content)));
  const room = proved.reduce((sum, { frame }) => sum + PackBuilder.lengthFor(frame.length), 0);
  const builder = new PackBuilder(parts.context.keys, Buffer.allocUnsafeSlow(Math.max(room, PackBuilder.lengthFor(0))));
  const placed = fresh.map(({ facts }, n) => builder.add(facts, proved[n]!));
  const inline = fresh.length === 0 ? null : builder.finish(true);
  parts.counters.blocksStored += fresh.length;

  const packs: PackRef[] = inline === null ? [] : [inline.pack];
  const numbers = new Map<string, number>();
  let nextPlaced = 0;
  const blocks: LayerBlock[] = recognised.map(({ facts, known }) => {
    if (known === null) return { ...placed[nextPlaced++]!, pack: 0 };
    const number = numbers.get(known.pack.name) ?? packs.push(known.pack) - 1;
    numbers.set(known.pack.name, number);
    return { ...facts, ordinal: known.ordinal, offset: known.offset, storedLength: known.storedLength, pack: number };
  });
  return { list: { kind, ...counts, packs, blocks }, pack: inline?.bytes ?? null };
}
