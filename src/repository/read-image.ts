import type { LayerRef } from '../core/image.ts';
import { documentLength, type RawBatch } from '../lib/raw-bson.ts';
import type { StoreOptions } from '../storage/port.ts';
import { throwIfCancelled } from '../storage/store-errors.ts';
import { corruptObject } from './corrupt-object.ts';
import { findIdentity } from './document-identity.ts';
import { documentsKind } from './format.ts';
import { IdentitySet } from './identity-set.ts';
import type { LayerBlock } from './layer-list.ts';
import type { ProjectContext } from './project-context.ts';
import { readAhead } from './read-ahead.ts';
import { readBlock, readLayer, type LoadedLayer } from './read-layer.ts';

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

/** Keeps what no newer document or removal supersedes, from the last to the first, and remembers it where `remember` says so. */
function liveStarts(content: Buffer, starts: Uint32Array, seen: IdentitySet, remember: boolean): Uint32Array {
  let kept = starts.length;
  for (let n = starts.length - 1; n >= 0; n--) {
    const start = starts[n]!;
    const identity = findIdentity(content, start);
    // A document without _id cannot be superseded.
    const live = identity === null || (remember ? seen.add(content, identity) : !seen.has(content, identity));
    if (live) starts[--kept] = start;
  }
  return starts.subarray(kept);
}

/** The live documents of one layer. `seen` holds what newer layers touched, null where there is none. */
async function* readLive(
  context: ProjectContext,
  layer: LoadedLayer,
  seen: IdentitySet | null,
  remember: boolean,
  options: StoreOptions,
): AsyncGenerator<RawBatch, void> {
  const blocks: readonly LayerBlock[] = remember ? layer.list.blocks.toReversed() : layer.list.blocks;
  const contents = readAhead(blocks, blocksAhead, async (block) => ({
    block,
    content: await readBlock(context, layer, block, options),
  }));
  for await (const { block, content } of contents) {
    // Those that were read ahead are no reason to go on.
    throwIfCancelled(options.signal);
    const starts = documentStarts(content, block.count, layer.object);
    const live = seen === null ? starts : liveStarts(content, starts, seen, remember);
    if (block.kind === documentsKind && live.length > 0) yield { buffer: content, starts: live, count: live.length };
  }
}

/** `ProjectRepository.readImage`: see there. */
export async function* readImage(
  context: ProjectContext,
  layers: readonly LayerRef[],
  options: StoreOptions,
): AsyncGenerator<RawBatch, void> {
  let seen: IdentitySet | null = null;
  for (let n = layers.length - 1; n >= 0; n--) {
    const ref = layers[n]!;
    const layer = await readLayer(context, ref.id, options);
    // Only the oldest layer hides nothing; with removals of its own it hides parts of itself.
    const remember = n > 0 || layer.list.removals > 0;
    if (remember) seen ??= new IdentitySet();
    yield* readLive(context, layer, seen, remember, options);
  }
}
