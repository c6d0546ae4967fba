import { sql } from 'kysely';
import type { CatalogTransaction } from '../catalog/schema.ts';
import { isLarderError } from '../core/errors.ts';
import { lastRestorable, planRetention, type AgingBackup } from '../core/retention.ts';
import { beginDeletion } from './begin-deletion.ts';
import type { EngineDeps } from './engine-deps.ts';
import { lockBackup } from './find-backup.ts';

/** A deletion that failed is tried again after this. */
const retryMs = 3_600_000;

/**
 * Begins the deletion, as ordinary jobs, of the automated backups whose days are over. What must stay is planned by
 * `planRetention` and looked at again under lock. One that cannot go now (a restore reads it) goes at a later call, one whose
 * deletion failed an hour later.
 */
export async function expireBackups(deps: EngineDeps): Promise<void> {
  const { db } = deps.catalog;
  const now = deps.clock.now();
  const aging = await db
    .selectFrom('backups')
    .select('instance_id')
    .distinct()
    .where('type', '=', 'Auto')
    .where('status', 'in', ['COMPLETED', 'FAILED'])
    .where('keep_days', '>', 0)
    .where(sql<boolean>`begin_time + keep_days * interval '24 hours' <= ${now}`)
    .execute();
  for (const { instance_id: instanceId } of aging) {
    const backups = await backupsOf(deps, instanceId);
    const exists = (await db.selectFrom('instances').select('id').where('id', '=', instanceId).executeTakeFirst()) !== undefined;
    const keepsId = exists ? lastRestorable(backups)?.id : null;
    const expired = planRetention(backups, now, { exists }).filter(({ remove }) => remove);
    for (const { id, expires } of expired) await expire(deps, { id, instanceId, expires, keepsId });
  }
  await retryDeletions(deps, now);
}

/** Nothing restores from a backup whose deletion began, so nobody needs to be asked a second time. */
async function retryDeletions(deps: EngineDeps, now: Date): Promise<void> {
  const { db } = deps.catalog;
  const stuck = await db
    .selectFrom('backups')
    .select(['id', 'project_id'])
    .where('type', '=', 'Auto')
    .where('status', '=', 'DISABLED')
    .where('fail_reason', 'is not', null)
    .where('keep_days', '>', 0)
    .where(sql<boolean>`begin_time + keep_days * interval '24 hours' <= ${now}`)
    .where((e) =>
      e.not(
        e.exists(
          e
            .selectFrom('jobs')
            .select('jobs.id')
            .where((j) =>
              j.or([j('jobs.backup_id', '=', j.ref('backups.id')), j('jobs.instance_id', '=', j.ref('backups.instance_id'))]),
            )
            .where('jobs.kind', 'in', ['delete', 'delete-instance'])
            .where((j) => j.or([j('jobs.status', '=', 'Running'), j('jobs.ended', '>', new Date(now.getTime() - retryMs))])),
        ),
      ),
    )
    .execute();
  for (const { id, project_id: projectId } of stuck) {
    const jobId = await db.transaction().execute(async (trx) => {
      const backup = await lockBackup(trx, projectId, id);
      return backup.status === 'DISABLED' ? await beginDeletion(deps, trx, backup) : null;
    });
    deps.log.info({ backupId: id, jobId }, 'the deletion of an automated backup failed and is tried again');
  }
}

async function backupsOf(deps: EngineDeps, instanceId: string): Promise<AgingBackup[]> {
  const rows = await deps.catalog.db
    .selectFrom('backups')
    .select(['id', 'type', 'status', 'begin_time', 'keep_days'])
    .where('instance_id', '=', instanceId)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    type: row.type as AgingBackup['type'],
    status: row.status as AgingBackup['status'],
    beginTime: row.begin_time,
    keepDays: row.keep_days,
  }));
}

interface Expired {
  readonly id: string;
  readonly instanceId: string;
  readonly expires: Date | null;
  /** What can still be restored when it is gone; undefined if nothing can, null if nothing must, because the instance is gone. */
  readonly keepsId: string | undefined | null;
}

async function expire(deps: EngineDeps, { id, instanceId, expires, keepsId }: Expired): Promise<void> {
  const fields = { backupId: id, instanceId, expires };
  try {
    const jobId = await deps.catalog.db.transaction().execute(async (trx) => {
      const backup = await lockUnlessLast(trx, id, keepsId);
      return backup === undefined ? null : await beginDeletion(deps, trx, backup);
    });
    if (jobId !== null) deps.log.info({ ...fields, jobId }, 'the days of an automated backup are over: its deletion begins');
  } catch (error) {
    if (isLarderError(error, 'backup-in-use') || isLarderError(error, 'instance-busy')) return;
    if (isLarderError(error, 'catalog-unavailable')) throw error;
    deps.log.error({ ...fields, err: error }, 'an expired backup could not be deleted');
  }
}

/** The backup, locked with the one that stays; undefined if either is no longer what the plan says. */
async function lockUnlessLast(trx: CatalogTransaction, id: string, keepsId: Expired['keepsId']) {
  const rows = await trx
    .selectFrom('backups')
    .selectAll()
    .where('id', 'in', typeof keepsId === 'string' ? [id, keepsId] : [id])
    .orderBy('id')
    .forUpdate()
    .execute();
  const backup = rows.find((row) => row.id === id);
  if (backup === undefined || !['COMPLETED', 'FAILED'].includes(backup.status)) return undefined;
  // Without anything restorable beside it a FAILED one still holds nothing; a COMPLETED one would itself be the last.
  const stays = rows.find((row) => row.id === keepsId)?.status === 'COMPLETED';
  return stays || keepsId === null || backup.status === 'FAILED' ? backup : undefined;
}
