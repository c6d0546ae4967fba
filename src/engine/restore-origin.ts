import type { Selectable } from 'kysely';
import type { BackupsTable, CatalogTransaction } from '../catalog/schema.ts';
import { LarderError } from '../core/errors.ts';
import { compareClusterTime, type Manifest } from '../core/image.ts';
import { formatPoint, isBaseOf, type ReplayBase } from '../core/oplog-archive.ts';
import type { EngineDeps } from './engine-deps.ts';
import { lockTimelines } from './follow/archive-rows.ts';
import { findBackup, lockBackup } from './find-backup.ts';
import type { Moments } from './moments.ts';
import { planPointInTime } from './plan-point-in-time.ts';
import { refuseUnlessRestorable } from './refuse-unless-restorable.ts';
import type { Outline, PointInTime, RestoreLeg } from './tasks.ts';
import type { RestoreOrigin } from './use-cases.ts';

/** What a restore begins with: a backup, and for a point in time what leads on from there. */
export interface FoundOrigin {
  readonly backup: Selectable<BackupsTable>;
  readonly pointInTime: PointInTime | null;
}

/** The way of one leg of a restore. */
export type RestoreWay = Omit<RestoreLeg, 'selection'>;

/** Finds the backup that is named, or plans the way to a moment. Errors of `planPointInTime`, `backup-not-found`, `backup-not-restorable`. */
export async function findOrigin(deps: EngineDeps, projectId: string, origin: RestoreOrigin): Promise<FoundOrigin> {
  const plan = 'moment' in origin ? await planPointInTime(deps, projectId, origin.moment) : null;
  const backup = await findBackup(deps.catalog.db, projectId, plan?.backupId ?? ('backupId' in origin ? origin.backupId : ''));
  refuseUnlessRestorable(backup.status);
  return { backup, pointInTime: plan?.pointInTime ?? null };
}

/** What the restore brings, as far as a plan of it takes: of a point in time without layers. Errors of the repository and of `Moments`. */
export async function imageOfOrigin(
  { repository }: Pick<EngineDeps, 'repository'>,
  moments: Moments,
  projectId: string,
  { backup, pointInTime }: FoundOrigin,
): Promise<Manifest | Outline> {
  if (pointInTime === null) return repository.project(projectId).readManifest(backup.id);
  return moments.outline(projectId, { backupId: backup.id, pointInTime });
}

/**
 * Locks what a restore will read, so that nothing of it is deleted before the job is there that keeps it. Returns the ways to the points
 * without older backups that went away meanwhile. `backup-not-found`, `backup-not-restorable`; `time-not-restorable` where archived entries did.
 */
export async function lockOrigins(
  trx: CatalogTransaction,
  projectId: string,
  origins: readonly FoundOrigin[],
): Promise<readonly RestoreWay[]> {
  // In the order of their ids, as everywhere where several are locked.
  const rows = await trx
    .selectFrom('backups')
    .select(['id', 'status'])
    .where('project_id', '=', projectId)
    .where(
      'id',
      'in',
      origins.flatMap(({ backup, pointInTime }) => [backup.id, ...(pointInTime?.olderBases ?? [])]),
    )
    .orderBy('id')
    .forUpdate()
    .execute();
  const kept = new Set(rows.filter(({ status }) => status === 'COMPLETED').map(({ id }) => id));
  const ways: RestoreWay[] = [];
  for (const { backup, pointInTime } of origins) {
    refuseUnlessRestorable((await lockBackup(trx, projectId, backup.id)).status);
    if (pointInTime !== null) await holdArchive(trx, backup, pointInTime);
    const olderBases = pointInTime?.olderBases.filter((id) => kept.has(id)) ?? [];
    ways.push({ backupId: backup.id, ...(pointInTime === null ? {} : { pointInTime: { ...pointInTime, olderBases } }) });
  }
  return ways;
}

/** Makes whoever trims the archive wait until the job is there, having seen that nobody did before. */
async function holdArchive(
  trx: CatalogTransaction,
  { replay_base: base }: Selectable<BackupsTable>,
  { instanceId, timeline, point }: PointInTime,
): Promise<void> {
  const archived = (await lockTimelines(trx, instanceId)).find(({ number }) => number === timeline);
  const leads = archived?.stretches.some(
    (stretch) => isBaseOf(base as ReplayBase, stretch) && compareClusterTime(point, stretch.to) <= 0,
  );
  if (leads !== true) {
    throw new LarderError(
      'time-not-restorable',
      `The time ${formatPoint(point)} cannot be restored any more: its days are over.`,
    );
  }
}
