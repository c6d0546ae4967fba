import type { CatalogHandle } from '../catalog/schema.ts';
import { datastoreVersion } from '../core/datastore-version.ts';
import { LarderError } from '../core/errors.ts';
import { checkInstanceId } from '../core/ids.ts';
import { checkBackupDescription, checkBackupName } from '../core/names.ts';
import type { EngineDeps } from './engine-deps.ts';
import { findInstance } from './find-instance.ts';
import { busy, notReady, takeInstance } from './instance-action.ts';
import { newId } from './new-id.ts';
import type { RefreshInstance } from './refresh-instance.ts';
import { newJobId, startJob } from './start-job.ts';
import type { Caller, CreateBackup } from './use-cases.ts';

/**
 * UseCases.createBackup. Everything is looked at once without a lock, in the order of the contract, so that a refusal is
 * quick and asking the servers holds nobody up; then again in the transaction, where only the database decides a race.
 */
export async function createBackup(
  deps: EngineDeps,
  refresh: RefreshInstance,
  caller: Caller,
  request: CreateBackup,
): Promise<{ jobId: string; backupId: string }> {
  const { projectId } = caller;
  const instanceId = checkInstanceId(request.instanceId);
  const name = checkBackupName(request.name);
  const description = checkBackupDescription(request.description);

  const instance = await findInstance(deps.catalog.db, projectId, instanceId);
  if (await nameExists(deps.catalog.db, projectId, name)) throw nameTaken(name);
  if (instance.action !== null) throw busy();
  const { row, trouble } = await refresh(instance);
  if (row.status !== 'normal') throw notReady(trouble);

  const backupId = newId('backup');
  const jobId = newJobId();
  const now = deps.clock.now();
  await deps.catalog.db.transaction().execute(async (trx) => {
    const inserted = await trx
      .insertInto('backups')
      .values({
        id: backupId,
        project_id: projectId,
        name,
        description,
        instance_id: row.id,
        instance_name: row.name,
        instance_mode: row.mode,
        datastore_version: datastoreVersion(row.server_version),
        type: 'Manual',
        status: 'BUILDING',
        begin_time: now,
        end_time: null,
        fail_reason: null,
      })
      // Waits for a racing request of the same name to end, and then knows the answer without an aborted transaction.
      .onConflict((conflict) => conflict.columns(['project_id', 'name']).doNothing())
      .returning('id')
      .executeTakeFirst();
    if (inserted === undefined) throw nameTaken(name);
    await takeInstance(trx, { projectId, instanceId, action: 'BACKUP', jobId, now });
    await startJob(deps, trx, { id: jobId, projectId, kind: 'backup', instance: row, backupId, now });
  });
  return { jobId, backupId };
}

async function nameExists(db: CatalogHandle, projectId: string, name: string): Promise<boolean> {
  const row = await db
    .selectFrom('backups')
    .select('id')
    .where('project_id', '=', projectId)
    .where('name', '=', name)
    .executeTakeFirst();
  return row !== undefined;
}

function nameTaken(name: string): LarderError {
  return new LarderError('backup-name-taken', `A backup named ${name} exists already in this project.`);
}
