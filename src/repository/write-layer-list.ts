import { encodeLayerList, layerIdOf, type LayerList } from './layer-list.ts';
import type { ProjectContext } from './project-context.ts';
import { sealEnvelope } from './envelope.ts';
import type { StoreOptions } from '../storage/port.ts';

/** The context that binds a layer list to its place. */
export function layerContext(projectId: string, layerId: string): string {
  return `layer\0${projectId}\0${layerId}`;
}

/** Stores a layer list, with its inline pack if it has one. Resolves with its id and the bytes stored once it is durable. */
export async function writeLayerList(
  context: ProjectContext,
  list: LayerList,
  inlinePack: Buffer | null,
  options: StoreOptions,
): Promise<{ readonly id: string; readonly bytesStored: number }> {
  const raw = encodeLayerList(list);
  const id = layerIdOf(context.keys.layerId, raw);
  const envelope = await sealEnvelope(
    { type: 'layer', key: context.keys.layers, context: layerContext(context.projectId, id) },
    raw,
  );
  const bytes = inlinePack === null ? envelope : Buffer.concat([envelope, inlinePack]);
  await context.store.put(context.names.layer(id), bytes, options);
  return { id, bytesStored: bytes.length };
}
