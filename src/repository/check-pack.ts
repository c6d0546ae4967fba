import { createHash } from 'node:crypto';
import { isLarderError } from '../core/errors.ts';
import type { StoreOptions } from '../storage/port.ts';
import { blockId, openBlock, type PackedBlock } from './block.ts';
import { damageOf, type Damage } from './check-report.ts';
import { corruptObject } from './corrupt-object.ts';
import type { ProjectContext } from './project-context.ts';
import { documentStarts } from './read-image.ts';
import { parsePack, readPackFooter, readWhole, type PackContents } from './read-pack.ts';

/** What was found out about one stored pack. */
export interface PackCheck {
  readonly size: number;
  /** Null if head or footer cannot be read: no block of the pack can be trusted then. */
  readonly blocks: readonly PackedBlock[] | null;
  /** Ordinals of damaged blocks. */
  readonly badBlocks: ReadonlySet<number>;
  readonly damage: readonly Damage[];
  readonly bytesRead: number;
}

/** Opens every block of a whole pack and computes its id again. Returns the damage of each bad one by ordinal. */
async function openEveryBlock(
  context: ProjectContext,
  bytes: Buffer,
  contents: PackContents,
  object: string,
  base: number,
): Promise<Map<number, Damage>> {
  const bad = new Map<number, Damage>();
  for (const block of contents.blocks) {
    const sealed = bytes.subarray(block.offset, block.offset + block.storedLength);
    try {
      const content = await openBlock(sealed, contents.key, block, object, base + block.offset);
      documentStarts(content, block.count, object);
      if (!blockId(context.keys.blockId, block.kind, content).equals(block.id)) {
        throw corruptObject(object, 'a block is not the one of its id', {
          offset: base + block.offset,
          length: block.storedLength,
        });
      }
    } catch (error) {
      if (!isLarderError(error, 'object-corrupt')) throw error;
      bad.set(block.ordinal, damageOf(error));
    }
  }
  return bad;
}

/** Checks every byte of a pack that is at hand: its name, its footer, its blocks. `base` is where it begins in the object. */
export async function checkPackBytes(
  context: ProjectContext,
  bytes: Buffer,
  name: string,
  object: string,
  base: number,
): Promise<PackCheck> {
  const facts = { size: bytes.length, bytesRead: bytes.length };
  try {
    const contents = parsePack(bytes, context.keys, object);
    const bad = await openEveryBlock(context, bytes, contents, object, base);
    const damage = [...bad.values()];
    if (damage.length === 0 && createHash('sha256').update(bytes).digest('hex') !== name) {
      damage.push({ object, reason: 'its SHA-256 is not its name', range: null });
    }
    return { ...facts, blocks: contents.blocks, badBlocks: new Set(bad.keys()), damage };
  } catch (error) {
    if (!isLarderError(error, 'object-corrupt')) throw error;
    return { ...facts, blocks: null, badBlocks: new Set(), damage: [damageOf(error)] };
  }
}

/** Checks a stored pack: head and footer, or with `readData` every byte. */
export async function checkPack(
  context: ProjectContext,
  name: string,
  size: number,
  readData: boolean,
  options: StoreOptions,
): Promise<PackCheck> {
  const object = context.names.pack(name);
  try {
    if (readData) return await checkPackBytes(context, await readWhole(context.store, object, options), name, object, 0);
    const { blocks } = await readPackFooter(context.store, context.keys, object, size, options);
    return { size, blocks, badBlocks: new Set(), damage: [], bytesRead: 0 };
  } catch (error) {
    if (!isLarderError(error, 'object-corrupt')) throw error;
    return { size, blocks: null, badBlocks: new Set(), damage: [damageOf(error)], bytesRead: 0 };
  }
}
