import { oplogGapCauses, type OplogTimeline } from '../core/oplog-archive.ts';
import type { StoreOptions } from '../storage/port.ts';
import { corruptObject } from './corrupt-object.ts';
import { openEnvelope, sealEnvelope, type EnvelopePlace } from './envelope.ts';
import type { ArchivePlace } from './oplog-segment.ts';
import type { ProjectContext } from './project-context.ts';
import { readWhole } from './read-pack.ts';

const namePattern = /^[0-9a-f]{8}$/;

function placeOf({ keys, projectId }: ProjectContext, { instanceId, shard }: ArchivePlace, number: number): EnvelopePlace {
  return { type: 'timeline', key: keys.oplog, context: `timeline\0${projectId}\0${instanceId}\0${shard}\0${number}` };
}

export async function storeTimeline(
  context: ProjectContext,
  archive: ArchivePlace,
  timeline: OplogTimeline,
  options: StoreOptions,
): Promise<void> {
  const raw = Buffer.from(JSON.stringify(timeline), 'utf8');
  const key = context.names.oplog(archive.instanceId, archive.shard).timeline(timeline.number);
  await context.store.put(key, await sealEnvelope(placeOf(context, archive, timeline.number), raw), options);
}

/** Reads a timeline. `object-corrupt` if it is missing, altered or in another's place. */
export async function readTimeline(
  context: ProjectContext,
  archive: ArchivePlace,
  number: number,
  options: StoreOptions,
): Promise<OplogTimeline> {
  const key = context.names.oplog(archive.instanceId, archive.shard).timeline(number);
  const { raw } = await openEnvelope(placeOf(context, archive, number), await readWhole(context.store, key, options), key);
  const value: unknown = JSON.parse(raw.toString('utf8'));
  if (!isTimeline(value)) throw corruptObject(key, 'its content is not known to this release');
  return value;
}

/** Numbers of the timelines that are stored, oldest first. */
export async function listTimelineNumbers(
  context: ProjectContext,
  { instanceId, shard }: ArchivePlace,
  options: StoreOptions,
): Promise<readonly number[]> {
  const prefix = context.names.oplog(instanceId, shard).timelines;
  const numbers: number[] = [];
  for await (const { key } of context.store.list(prefix, options)) {
    const name = key.slice(prefix.length);
    if (namePattern.test(name)) numbers.push(Number.parseInt(name, 16));
  }
  return numbers;
}

function isTimeline(value: unknown): value is OplogTimeline {
  if (typeof value !== 'object' || value === null) return false;
  const { number, after, gap } = value as Partial<OplogTimeline>;
  return (
    typeof number === 'number' &&
    after !== undefined &&
    (gap === null || (gap !== undefined && oplogGapCauses.includes(gap.cause)))
  );
}
