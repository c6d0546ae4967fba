import { isLarderError } from '../core/errors.ts';
import type { StoredObject, StoreOptions } from '../storage/port.ts';
import { BlockIndex } from './block-index.ts';
import { hexNameOf } from './object-names.ts';
import type { ProjectContext } from './project-context.ts';
import { readAhead } from './read-ahead.ts';
import { readPackFooter } from './read-pack.ts';

const footersAtOnce = 8;

/** Names of the packs that are marked for deletion. */
async function markedPacks(context: ProjectContext, options: StoreOptions): Promise<Set<string>> {
  const marked = new Set<string>();
  for await (const object of context.store.list(`${context.names.marks}packs/`, options))
    marked.add(object.key.slice(object.key.lastIndexOf('/') + 1));
  return marked;
}

async function* unmarkedPacks(
  context: ProjectContext,
  options: StoreOptions,
): AsyncIterable<StoredObject & { readonly name: string }> {
  const marked = await markedPacks(context, options);
  for await (const object of context.store.list(context.names.packs, options)) {
    const name = hexNameOf(object.key);
    if (name !== null && !marked.has(name) && object.key === context.names.pack(name)) yield { ...object, name };
  }
}

/**
 * Every block of the project that may be used again: of packs that are stored, whether a backup reaches them or not, except
 * those marked for deletion. A pack whose footer is damaged is left out, so that its blocks are stored anew.
 */
export async function loadBlockIndex(context: ProjectContext, options: StoreOptions): Promise<BlockIndex> {
  const index = new BlockIndex();
  const contents = readAhead(unmarkedPacks(context, options), footersAtOnce, async ({ key, name, size }) => {
    try {
      const { salt, blocks } = await readPackFooter(context.store, context.keys, key, size, options);
      return { pack: { name, salt, size, inline: false }, blocks };
    } catch (error) {
      if (isLarderError(error, 'object-corrupt')) return null;
      throw error;
    }
  });
  for await (const found of contents) if (found !== null) index.addPack(found.pack, found.blocks);
  return index;
}
