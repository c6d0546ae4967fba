import { createHash } from 'node:crypto';
import type { StoreOptions } from '../storage/port.ts';
import { openBlock } from './block.ts';
import { corruptObject } from './corrupt-object.ts';
import { packKey } from './derive-keys.ts';
import { openEnvelope } from './envelope.ts';
import { decodeLayerList, layerIdOf, type LayerBlock, type LayerList } from './layer-list.ts';
import type { ProjectContext } from './project-context.ts';
import { readExactly, readWhole } from './read-pack.ts';
import { layerContext } from './write-layer-list.ts';

/** A layer list that was read and authenticated. */
export interface LoadedLayer {
  readonly id: string;
  readonly list: LayerList;
  /** Key of the object. */
  readonly object: string;
  /** Length of the object. */
  readonly size: number;
  /** The inline pack and where it begins in the object. */
  readonly inline: { readonly bytes: Buffer; readonly offset: number } | null;
}

/** Reads a layer list. `object-corrupt` naming it if it is missing or altered. */
export async function readLayer(context: ProjectContext, id: string, options: StoreOptions): Promise<LoadedLayer> {
  const object = context.names.layer(id);
  const bytes = await readWhole(context.store, object, options);
  const place = { type: 'layer', key: context.keys.layers, context: layerContext(context.projectId, id) } as const;
  const { raw, rest } = await openEnvelope(place, bytes, object);
  if (layerIdOf(context.keys.layerId, raw) !== id) throw corruptObject(object, 'its content is not the one of its name');
  const list = decodeLayerList(raw, object);
  const offset = bytes.length - rest.length;
  const pack = list.packs.find((candidate) => candidate.inline);
  if (rest.length !== (pack?.size ?? 0))
    throw corruptObject(object, 'its inline pack has another length', { offset, length: rest.length });
  if (pack === undefined) return { id, list, object, size: bytes.length, inline: null };
  if (createHash('sha256').update(rest).digest('hex') !== pack.name) {
    throw corruptObject(object, 'its inline pack was altered', { offset, length: rest.length });
  }
  return { id, list, object, size: bytes.length, inline: { bytes: rest, offset } };
}

/** Reads, authenticates and unpacks one block of a layer. `object-corrupt` naming the pack and the range if it is damaged. */
export async function readBlock(
  context: ProjectContext,
  layer: LoadedLayer,
  block: LayerBlock,
  options: StoreOptions,
): Promise<Buffer> {
  const pack = layer.list.packs[block.pack]!;
  const key = packKey(context.keys, pack.salt);
  if (layer.inline !== null && pack.inline) {
    const sealed = layer.inline.bytes.subarray(block.offset, block.offset + block.storedLength);
    return openBlock(sealed, key, block, layer.object, layer.inline.offset + block.offset);
  }
  const object = context.names.pack(pack.name);
  const sealed = await readExactly(context.store, object, block.offset, block.storedLength, options);
  return openBlock(sealed, key, block, object, block.offset);
}
