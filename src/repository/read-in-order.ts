import type { LayerRef } from '../core/image.ts';
import type { RawBatch } from '../lib/raw-bson.ts';
import type { StoreOptions } from '../storage/port.ts';
import { corruptObject } from './corrupt-object.ts';
import { findIdentity } from './document-identity.ts';
import { documentsKind, updatesKind } from './format.ts';
import { IdentityMap } from './identity-map.ts';
import type { ProjectContext } from './project-context.ts';
import { readAhead } from './read-ahead.ts';
import { documentStarts } from './read-image.ts';
import { readBlock, readLayer, type LoadedLayer } from './read-layer.ts';

/** Blocks being read and unpacked while the consumer works. */
const blocksAhead = 4;

/** `ProjectRepository.readInOrder`: see there. */
export async function* readInOrder(
  context: ProjectContext,
  layers: readonly LayerRef[],
  options: StoreOptions,
): AsyncGenerator<RawBatch, void> {
  const loaded: LoadedLayer[] = [];
  for (const { id } of layers) loaded.push(await readLayer(context, id, options));
  /** What the layer of the same index touches. */
  const touched: IdentityMap[] = [];
  for (const layer of loaded) touched.push(layer === loaded[0] ? new IdentityMap() : await identitiesOf(context, layer, options));
  for (const [n, layer] of loaded.entries()) {
    const newer = touched.slice(n + 1);
    for await (const { kind, content, starts } of blocksOf(context, layer, options)) {
      if (kind === updatesKind) throw corruptObject(layer.object, 'it holds updates, which have no place in an order');
      if (kind !== documentsKind) continue;
      const live = newer.length === 0 ? starts : starts.filter((start) => !isTouched(newer, content, start));
      if (live.length > 0) yield { buffer: content, starts: live, count: live.length };
    }
  }
}

async function identitiesOf(context: ProjectContext, layer: LoadedLayer, options: StoreOptions): Promise<IdentityMap> {
  const identities = new IdentityMap();
  for await (const { content, starts } of blocksOf(context, layer, options)) {
    for (const start of starts) {
      const identity = findIdentity(content, start);
      if (identity !== null) identities.set(content, identity, 1);
    }
  }
  return identities;
}

function isTouched(newer: readonly IdentityMap[], content: Buffer, start: number): boolean {
  const identity = findIdentity(content, start);
  return identity !== null && newer.some((identities) => identities.get(content, identity) !== undefined);
}

async function* blocksOf(context: ProjectContext, layer: LoadedLayer, options: StoreOptions) {
  const contents = readAhead(layer.list.blocks, blocksAhead, async (block) => ({
    block,
    content: await readBlock(context, layer, block, options),
  }));
  for await (const { block, content } of contents) {
    yield { kind: block.kind, content, starts: documentStarts(content, block.count, layer.object) };
  }
}
