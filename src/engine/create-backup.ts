import type { CatalogHandle } from '../catalog/schema.ts';
import { LarderError } from '../core/errors.ts';
import { checkInstanceId } from '../core/ids.ts';
import { checkBackupDescription, checkBackupName } from '../core/names.ts';
import { beginBackup } from './begin-backup.ts';
import type { EngineDeps } from './engine-deps.ts';
import { findInstance } from './find-instance.ts';
import { busy, notReady } from './instance-action.ts';
import { lockNeedsSingle } from './lock-needs-single.ts';
import type { RefreshInstance } from './refresh-instance.ts';
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
  if (request.lock === true && row.mode !== 'Single') throw lockNeedsSingle();

  const now = deps.clock.now();
  return deps.catalog.db.transaction().execute(async (trx) => {
    const begun = await beginBackup(deps, trx, {
      instance: row,
      name,
      description,
      type: 'Manual',
      keepDays: null,
      lock: request.lock,
      rateMbPerS: request.rateMbPerS,
      now,
    });
    if (begun === null) throw nameTaken(name);
    return begun;
  });
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
