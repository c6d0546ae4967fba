import type { CatalogHandle } from '../../catalog/schema.ts';
import { isBaseOf, type ReplayBase } from '../../core/oplog-archive.ts';
import { newestTimelines } from './archive-rows.ts';

/** What whoever follows an instance must know. */
export interface ArchiveBrief {
  /** The newest image that archived entries can be replayed on, or null. */
  readonly base: ReplayBase | null;
  /** When the last restore onto the instance ended, or null. */
  readonly restoredAt: Date | null;
  /** False where history goes on from that image, so that no other is needed. */
  readonly mayNeedBase: boolean;
}

/** One for each of the instances; it takes as many questions for one as for a thousand. */
export async function archiveBriefs(
  db: CatalogHandle,
  instanceIds: readonly string[],
): Promise<ReadonlyMap<string, ArchiveBrief>> {
  if (instanceIds.length === 0) return new Map();
  const bases = await db
    .selectFrom('backups')
    .select(['instance_id', 'replay_base'])
    .distinctOn('instance_id')
    .where('instance_id', 'in', instanceIds)
    .where('status', '=', 'COMPLETED')
    .where('replay_base', 'is not', null)
    .orderBy('instance_id')
    .orderBy('begin_time', 'desc')
    .execute();
  const restores = await db
    .selectFrom('jobs')
    .select((e) => ['instance_id', e.fn.max('ended').as('ended')])
    .where('instance_id', 'in', instanceIds)
    .where('kind', '=', 'restore')
    .where('status', '!=', 'Running')
    .groupBy('instance_id')
    .execute();
  const baseOf = new Map(bases.map((row) => [row.instance_id, row.replay_base as ReplayBase]));
  const restoredAt = new Map(restores.map(({ instance_id, ended }) => [instance_id, ended]));
  const timelines = await newestTimelines(db, instanceIds);
  return new Map(
    instanceIds.map((id) => {
      const base = baseOf.get(id) ?? null;
      const newest = timelines.get(id)?.stretches.at(-1);
      const mayNeedBase = newest !== undefined && (base === null || !isBaseOf(base, newest));
      return [id, { base, restoredAt: restoredAt.get(id) ?? null, mayNeedBase }];
    }),
  );
}
