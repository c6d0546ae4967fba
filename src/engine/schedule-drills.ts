import { drillIsDue, type LastDrill } from '../core/drill-schedule.ts';
import { isLarderError, LarderError, type ErrorCode } from '../core/errors.ts';
import { drillScheduleOf, type DrillScheduleRow } from './drill-schedules.ts';
import type { EngineDeps } from './engine-deps.ts';
import { lockBackup } from './find-backup.ts';
import { findInstanceProofs, proofFromRow } from './proofs.ts';
import { newestBackup } from './newest-backup.ts';
import { refuseUnlessRestorable } from './refuse-unless-restorable.ts';
import { newJobId, startJob } from './start-job.ts';
import { noteTrouble } from './note-trouble.ts';

/** Thrown inside a transaction to undo it: another server was quicker, or the schedule changed. */
const taken = new LarderError('cancelled', 'another server began this drill');

/** What keeps a drill from beginning now and may be over at the next look. */
const passing: readonly ErrorCode[] = ['backup-not-found', 'backup-not-restorable'];

/**
 * Begins the drill that has waited longest, if one is due and none is being held: drills must not stand in the way of backups. Any
 * number of servers may look; one begins it. Never throws but for the catalog's errors.
 */
export async function scheduleDrills(deps: EngineDeps): Promise<void> {
  const { db } = deps.catalog;
  const schedules = await db
    .selectFrom('drill_schedules')
    .selectAll()
    .orderBy((e) => e.fn.coalesce('begun', e.val(new Date(0))))
    .orderBy('instance_id')
    .execute();
  if (schedules.length === 0) return;
  const running = await db
    .selectFrom('jobs')
    .select('id')
    .where('kind', '=', 'drill')
    .where('status', '=', 'Running')
    .executeTakeFirst();
  if (running !== undefined) return;
  const now = deps.clock.now();
  for (const row of schedules) {
    if (!drillIsDue(drillScheduleOf(row), await lastDrill(deps, row), now)) continue;
    if (await begin(deps, row)) return;
  }
}

/** null: there was none. A job that nobody knows any more is taken for one that came to a verdict. */
async function lastDrill(
  deps: EngineDeps,
  { instance_id: id, begun, job_id: jobId }: DrillScheduleRow,
): Promise<LastDrill | null> {
  if (begun === null) return null;
  const { db } = deps.catalog;
  const job =
    jobId === null ? undefined : await db.selectFrom('jobs').select('status').where('id', '=', jobId).executeTakeFirst();
  if (job?.status !== 'Failed') return { begun, verdict: true };
  const proof = (await findInstanceProofs(db, [id])).get(id);
  return { begun, verdict: proof !== undefined && proofFromRow(proof.proof)?.jobId === jobId };
}

/** False if this one cannot begin now. */
async function begin(deps: EngineDeps, row: DrillScheduleRow): Promise<boolean> {
  const { instance_id: instanceId } = row;
  try {
    const begun = await deps.catalog.db.transaction().execute(async (trx) => {
      const { id, project_id: projectId } = await newestBackup(trx, instanceId);
      const backup = await lockBackup(trx, projectId, id);
      refuseUnlessRestorable(backup.status);
      const jobId = newJobId();
      const now = deps.clock.now();
      const claimed = await trx
        .updateTable('drill_schedules')
        .set({ begun: now, job_id: jobId, trouble: null })
        .where('instance_id', '=', instanceId)
        .where('revision', '=', row.revision)
        .where('begun', 'is not distinct from', row.begun)
        .returning('instance_id')
        .executeTakeFirst();
      if (claimed === undefined) throw taken;
      const instance = { id: instanceId, name: backup.instance_name };
      await startJob(deps, trx, { id: jobId, projectId, kind: 'drill', instance, backupId: id, request: row.assertions, now });
      return { jobId, backupId: id };
    });
    deps.log.info({ instanceId, ...begun }, 'scheduled drill begun');
    return true;
  } catch (error) {
    if (error === taken) return true;
    if (isLarderError(error, 'catalog-unavailable')) throw error;
    const news = await noteTrouble(
      deps.catalog.db,
      'drill_schedules',
      row,
      isLarderError(error) ? error.message : 'it could not be begun',
    );
    if (!isLarderError(error) || !passing.includes(error.code))
      deps.log.error({ instanceId, err: error }, 'the scheduled drill could not begin');
    else if (news)
      deps.log.warn({ instanceId, trouble: error.message }, 'the scheduled drill cannot begin yet and is tried again');
    return false;
  }
}
