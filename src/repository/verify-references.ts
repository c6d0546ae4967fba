import { LarderError } from '../core/errors.ts';
import type { Manifest } from '../core/image.ts';
import type { StoreOptions } from '../storage/port.ts';
import { corruptObject } from './corrupt-object.ts';
import type { PackRef } from './layer-list.ts';
import { readMark } from './mark-object.ts';
import { hexNameOf, type MarkedKind } from './object-names.ts';
import type { ProjectContext } from './project-context.ts';
import { readAhead } from './read-ahead.ts';
import { readLayer } from './read-layer.ts';

const layersAtOnce = 8;

/** Ids of all layers of a manifest, each once. */
export function layerIdsOf(manifest: Manifest): Set<string> {
  return new Set(manifest.collections.flatMap((collection) => collection.layers.map((layer) => layer.id)));
}

/** Names of marked objects of a kind. */
async function markedNames(context: ProjectContext, kind: MarkedKind, options: StoreOptions): Promise<string[]> {
  const names: string[] = [];
  for await (const { key } of context.store.list(`${context.names.marks}${kind}/`, options)) {
    const name = hexNameOf(key);
    if (name !== null) names.push(name);
  }
  return names;
}

/**
 * Throws if a needed object was marked before `begun`: such a one may be removed at any moment. One marked later stays for the grace
 * time, by when the manifest is there (docs/repository-format.md, "Deletion without a lock").
 */
async function refuseOldMarks(
  context: ProjectContext,
  kind: MarkedKind,
  needed: { has(name: string): boolean },
  begun: number,
  options: StoreOptions,
): Promise<void> {
  for (const name of await markedNames(context, kind, options)) {
    if (!needed.has(name) || (await readMark(context, kind, name, options)) >= begun) continue;
    throw new LarderError('capture-failed', 'something that this backup builds on is about to be freed: take it again', {
      retryable: true,
      details: { object: context.names.mark(kind, name) },
    });
  }
}

/**
 * Proves that everything a manifest reaches is stored, with its size, and will stay. `known` are the packs of layers that need not be
 * read again; `begun` is when the writer began, in milliseconds since 1970. `object-corrupt` names the first object that is missing or of another size.
 */
export async function verifyReferences(
  context: ProjectContext,
  manifest: Manifest,
  known: ReadonlyMap<string, readonly PackRef[]>,
  begun: number,
  options: StoreOptions,
): Promise<void> {
  const layers = layerIdsOf(manifest);
  const missingLayers = new Set(layers);
  for await (const { key } of context.store.list(context.names.layers, options))
    missingLayers.delete(key.slice(context.names.layers.length));
  for (const id of missingLayers) throw corruptObject(context.names.layer(id), 'missing');

  const sizes = new Map<string, number>();
  const lists = readAhead(
    layers,
    layersAtOnce,
    async (id) => known.get(id) ?? (await readLayer(context, id, options)).list.packs,
  );
  for await (const packs of lists) for (const pack of packs) if (!pack.inline) sizes.set(pack.name, pack.size);

  await refuseOldMarks(context, 'layers', layers, begun, options);
  await refuseOldMarks(context, 'packs', sizes, begun, options);

  const unseen = new Set(sizes.keys());
  for await (const { key, size } of context.store.list(context.names.packs, options)) {
    const name = hexNameOf(key);
    if (name === null || !unseen.delete(name)) continue;
    if (size !== sizes.get(name))
      throw corruptObject(key, 'its size differs from when it was stored', { offset: 0, length: size });
  }
  for (const name of unseen) throw corruptObject(context.names.pack(name), 'missing');
}
