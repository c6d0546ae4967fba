import type { StoreOptions } from '../storage/port.ts';
import { corruptObject } from './corrupt-object.ts';
import { openEnvelope, sealEnvelope, type EnvelopePlace } from './envelope.ts';
import type { MarkedKind } from './object-names.ts';
import type { ProjectContext } from './project-context.ts';
import { readWhole } from './read-pack.ts';

function placeOf(context: ProjectContext, kind: MarkedKind, name: string): EnvelopePlace {
  return { type: 'mark', key: context.keys.marks, context: `mark\0${context.projectId}\0${kind}\0${name}` };
}

/** Marks an object as unreferenced since `time` (milliseconds since 1970). */
export async function writeMark(
  context: ProjectContext,
  kind: MarkedKind,
  name: string,
  time: number,
  options: StoreOptions,
): Promise<void> {
  const raw = Buffer.from(JSON.stringify({ marked: time }), 'utf8');
  await context.store.put(context.names.mark(kind, name), await sealEnvelope(placeOf(context, kind, name), raw), options);
}

/** When the object was marked, in milliseconds since 1970. `object-corrupt` if the mark was altered. */
export async function readMark(context: ProjectContext, kind: MarkedKind, name: string, options: StoreOptions): Promise<number> {
  const object = context.names.mark(kind, name);
  const { raw } = await openEnvelope(placeOf(context, kind, name), await readWhole(context.store, object, options), object);
  const value: unknown = JSON.parse(raw.toString('utf8'));
  const marked = typeof value === 'object' && value !== null && 'marked' in value ? value.marked : null;
  if (typeof marked !== 'number') throw corruptObject(object, 'it holds no time');
  return marked;
}
