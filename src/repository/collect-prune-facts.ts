import type { StoreOptions } from '../storage/port.ts';
import { readManifest } from './manifest-object.ts';
import { readMark } from './mark-object.ts';
import { hexNameOf, idNameOf, type MarkedKind } from './object-names.ts';
import type { ProjectContext } from './project-context.ts';
import type { PrunableObject, PruneFacts } from './prune-plan.ts';
import { isLarderError } from '../core/errors.ts';
import { readAhead } from './read-ahead.ts';
import { readLayer } from './read-layer.ts';
import { layerIdsOf } from './verify-references.ts';

const readsAtOnce = 8;
const kinds = ['packs', 'layers'] as const satisfies readonly MarkedKind[];

async function* manifestIds(context: ProjectContext, options: StoreOptions): AsyncIterable<string> {
  for await (const { key } of context.store.list(context.names.manifests, options)) {
    const id = idNameOf(key);
    if (id !== null) yield id;
  }
}

/** A backup that was deleted while we looked reaches nothing any more. */
async function layersOfBackup(context: ProjectContext, backupId: string, options: StoreOptions): Promise<Set<string>> {
  try {
    return layerIdsOf(await readManifest(context, backupId, options));
  } catch (error) {
    if (isLarderError(error, 'backup-not-found')) return new Set();
    throw error;
  }
}

/** What every manifest of the project reaches. `object-corrupt` if that cannot be known for certain. */
async function collectReferenced(context: ProjectContext, options: StoreOptions): Promise<PruneFacts['referenced']> {
  const layers = new Set<string>();
  const packs = new Set<string>();
  for await (const ids of readAhead(manifestIds(context, options), readsAtOnce, (id) => layersOfBackup(context, id, options))) {
    for (const id of ids) layers.add(id);
  }
  for await (const { list } of readAhead(layers, readsAtOnce, (id) => readLayer(context, id, options))) {
    for (const pack of list.packs) if (!pack.inline) packs.add(pack.name);
  }
  return { layers, packs };
}

async function collectMarks(context: ProjectContext, kind: MarkedKind, options: StoreOptions): Promise<Map<string, number>> {
  const marks = new Map<string, number>();
  for await (const { key, modified } of context.store.list(`${context.names.marks}${kind}/`, options)) {
    const name = hexNameOf(key);
    if (name === null) continue;
    try {
      marks.set(name, await readMark(context, kind, name, options));
    } catch (error) {
      // A mark that cannot be read counts as just set: the grace time begins anew, nothing is removed too early.
      if (!isLarderError(error, 'object-corrupt')) throw error;
      marks.set(name, Math.max(context.clock.now().getTime(), modified.getTime()));
    }
  }
  return marks;
}

async function collectObjects(context: ProjectContext, options: StoreOptions): Promise<PrunableObject[]> {
  const objects: PrunableObject[] = [];
  for (const kind of kinds) {
    for await (const { key, size } of context.store.list(context.names[kind], options)) {
      const name = hexNameOf(key);
      if (name !== null) objects.push({ kind, name, size });
    }
  }
  return objects;
}

/**
 * Reads what a plan needs. Objects and marks are listed before manifests: an object written after the listing is not
 * judged at all. `object-corrupt` if a manifest or a layer list that is reached cannot be read.
 */
export async function collectPruneFacts(context: ProjectContext, options: StoreOptions): Promise<PruneFacts> {
  const objects = await collectObjects(context, options);
  const marks = { packs: await collectMarks(context, 'packs', options), layers: await collectMarks(context, 'layers', options) };
  return { objects, marks, referenced: await collectReferenced(context, options) };
}
