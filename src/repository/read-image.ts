import type { LayerRef } from '../core/image.ts';
import { documentLength, type RawBatch } from '../lib/raw-bson.ts';
import type { StoreOptions } from '../storage/port.ts';
import { throwIfCancelled } from '../storage/store-errors.ts';
import { corruptObject } from './corrupt-object.ts';
import { documentsKind, removalsKind, updatesKind } from './format.ts';
import type { LayerBlock } from './layer-list.ts';
import type { ProjectContext } from './project-context.ts';
import { readAhead } from './read-ahead.ts';
import { readBlock, readLayer, type LoadedLayer } from './read-layer.ts';
import { TouchedIdentities } from './touched-identities.ts';

/** Blocks being read and unpacked while the consumer works. */
const blocksAhead = 4;

/** Offsets of the documents of a block. A block that is not whole documents is `object-corrupt`. */
export function documentStarts(content: Buffer, count: number, object: string): Uint32Array {
  const starts = new Uint32Array(count);
  let at = 0;
  try {
    for (let n = 0; n < count; n++) {
      starts[n] = at;
      at += documentLength(content, at);
    }
  } catch (error) {
    throw corruptObject(object, 'a block does not hold whole documents', undefined, error);
  }
  if (at !== content.length) throw corruptObject(object, 'a block holds more than its documents');
  return starts;
}

/** The live documents of one layer. `touched` tells what newer layers say of them, null where there is none. */
async function* readLive(
  context: ProjectContext,
  layer: LoadedLayer,
  touched: TouchedIdentities | null,
  remember: boolean,
  options: StoreOptions,
): AsyncGenerator<RawBatch, void> {
  const { object, list } = layer;
  const blocks: readonly LayerBlock[] = remember ? list.blocks.toReversed() : list.blocks;
  const contents = readAhead(blocks, blocksAhead, async (block) => ({
    block,
    content: await readBlock(context, layer, block, options),
  }));
  for await (const { block, content } of contents) {
    // Those that were read ahead are no reason to go on.
    throwIfCancelled(options.signal);
    const starts = documentStarts(content, block.count, object);
    if (block.kind === updatesKind) {
      touched?.takeUpdates(content, starts, object);
      continue;
    }
    const isRemoval = block.kind === removalsKind;
    const live = touched === null ? starts : touched.take(content, starts, { isRemoval, remember, object });
    if (!isRemoval && live.length > 0) yield { buffer: content, starts: live, count: live.length };
    const updated = touched?.takeReady(false) ?? null;
    if (updated !== null) yield updated;
  }
}

/** `ProjectRepository.readImage`: see there. */
export async function* readImage(
  context: ProjectContext,
  layers: readonly LayerRef[],
  options: StoreOptions,
): AsyncGenerator<RawBatch, void> {
  let touched: TouchedIdentities | null = null;
  for (let n = layers.length - 1; n >= 0; n--) {
    const ref = layers[n]!;
    const layer = await readLayer(context, ref.id, options);
    // Only the oldest layer touches nothing; with more than documents it touches parts of itself.
    const remember = n > 0 || layer.list.blocks.some(({ kind }) => kind !== documentsKind);
    if (remember) touched ??= new TouchedIdentities();
    yield* readLive(context, layer, touched, remember, options);
  }
  const updated = touched?.takeReady(true) ?? null;
  if (updated !== null) yield updated;
  if (touched !== null && touched.missing > 0) {
    const object = context.names.layer(layers.at(-1)!.id);
    throw corruptObject(object, `the layers of its image update ${touched.missing} documents that none of them holds`);
  }
}
