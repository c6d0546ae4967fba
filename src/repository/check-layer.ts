import { isLarderError } from '../core/errors.ts';
import type { StoreOptions } from '../storage/port.ts';
import { checkPackBytes, type PackCheck } from './check-pack.ts';
import { damageOf, type Damage } from './check-report.ts';
import type { LayerBlock, PackRef } from './layer-list.ts';
import type { ProjectContext } from './project-context.ts';
import { readLayer } from './read-layer.ts';

/** Damage of one block as its pack's footer and its check tell it, or null if it is in order. */
function blockDamage(context: ProjectContext, pack: PackRef, checked: PackCheck | undefined, block: LayerBlock): Damage | null {
  const object = context.names.pack(pack.name);
  const range = { offset: block.offset, length: block.storedLength };
  if (checked === undefined) return { object, reason: 'missing', range: null };
  if (checked.blocks === null) return checked.damage[0] ?? { object, reason: 'damaged', range: null };
  if (checked.size !== pack.size)
    return { object, reason: 'its size differs from when it was stored', range: { offset: 0, length: checked.size } };
  if (checked.badBlocks.has(block.ordinal))
    return (
      checked.damage.find((damage) => damage.range?.offset === block.offset) ?? { object, reason: 'a block was altered', range }
    );
  const listed = checked.blocks[block.ordinal];
  const same =
    listed !== undefined &&
    listed.id.equals(block.id) &&
    listed.offset === block.offset &&
    listed.storedLength === block.storedLength;
  return same ? null : { object, reason: 'its footer does not list a block that a layer needs', range };
}

/** The damage of a layer: of its list, its inline pack (every byte with `readData`) and the blocks that it has in packs. */
export async function checkLayer(
  context: ProjectContext,
  id: string,
  packs: ReadonlyMap<string, PackCheck>,
  readData: boolean,
  options: StoreOptions,
): Promise<Damage[]> {
  try {
    const layer = await readLayer(context, id, options);
    const found = new Map<string, Damage>();
    const inlineName = layer.list.packs.find((pack) => pack.inline)?.name;
    if (readData && layer.inline !== null && inlineName !== undefined) {
      const { damage } = await checkPackBytes(context, layer.inline.bytes, inlineName, layer.object, layer.inline.offset);
      for (const one of damage) found.set(JSON.stringify(one), one);
    }
    for (const block of layer.list.blocks) {
      const pack = layer.list.packs[block.pack]!;
      const damage = pack.inline ? null : blockDamage(context, pack, packs.get(pack.name), block);
      if (damage !== null) found.set(JSON.stringify(damage), damage);
    }
    return [...found.values()];
  } catch (error) {
    if (!isLarderError(error, 'object-corrupt')) throw error;
    return [damageOf(error)];
  }
}
