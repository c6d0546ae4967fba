import { fields } from './apply-update.ts';

/** What an update begins with that only sets top-level fields: `{$v: 2, diff: {u: {`, with room for the three lengths. */
const head = Buffer.from('\0\0\0\0\x10$v\0\x02\0\0\0\x03diff\0\0\0\0\0\x03u\0', 'latin1');
const diffAt = 18;
/** What is left behind the fields: the ends of three documents. */
const tail = Buffer.alloc(3);

/**
 * Two updates of one document (`o` of oplog entries), one right after the other, as a single one that leaves the same, byte for byte. Null unless
 * both do nothing but set top-level fields, each named once. A field that is there keeps its place, and one that is not is appended: so
 * that of the first update comes first.
 */
export function mergeUpdates(first: Buffer, second: Buffer): Buffer | null {
  const elements = new Map<string, Buffer>();
  if (!takeFields(elements, first) || !takeFields(elements, second)) return null;
  const merged = Buffer.concat([head, Buffer.alloc(4), ...elements.values(), tail]);
  merged.writeInt32LE(merged.length, 0);
  merged.writeInt32LE(merged.length - diffAt - 1, diffAt);
  merged.writeInt32LE(merged.length - head.length - 2, head.length);
  return merged;
}

/** Adds the fields that an update sets, whole elements by name, in the place of those that are there. False if it is no such update. */
function takeFields(merged: Map<string, Buffer>, update: Buffer): boolean {
  if (!isPlain(update)) return false;
  const set = fields(update, head.length);
  for (const { name, start, end } of set) merged.set(name, update.subarray(start, end));
  return new Set(set.map(({ name }) => name)).size === set.length;
}

/** Whether it begins as `head`, and ends where its innermost document does. */
function isPlain(update: Buffer): boolean {
  const { length } = update;
  if (length < head.length + 4 + 1 + 2) return false;
  if (update.readInt32LE(diffAt) !== length - diffAt - 1 || update.readInt32LE(head.length) !== length - head.length - 2)
    return false;
  return (
    update.compare(head, 4, diffAt, 4, diffAt) === 0 &&
    update.compare(head, diffAt + 4, head.length, diffAt + 4, head.length) === 0
  );
}
