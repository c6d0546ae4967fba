import type { Selectable } from 'kysely';
import type { BackupsTable, CatalogTransaction } from '../catalog/schema.ts';
import { LarderError } from '../core/errors.ts';
import type { EngineDeps } from './engine-deps.ts';
import { readsOneOf } from './reads-backups.ts';
import { newJobId, startJob } from './start-job.ts';

/**
 * Makes the backup, which the transaction has locked, DISABLED and puts its deletion in line; returns the job. While a deletion is on
 * its way the answer is the same job; after one that failed, it is tried once more. `instance-busy` (it is being made), `backup-in-use`.
 */
export async function beginDeletion(
  deps: EngineDeps,
  trx: CatalogTransaction,
  backup: Selectable<BackupsTable>,
): Promise<string> {
  if (backup.status === 'BUILDING') throw new LarderError('instance-busy', 'The backup is being made.');
  const running = await trx
    .selectFrom('jobs')
    .select(['id', 'kind'])
    .where(readsOneOf([backup.id]))
    .where('status', '=', 'Running')
    .execute();
  if (running.some((job) => ['restore', 'restore-collections', 'drill', 'create-instance'].includes(job.kind))) {
    throw new LarderError('backup-in-use', 'The backup is in use by a restore or a drill.');
  }
  const deletion = running.find((job) => job.kind === 'delete');
  if (deletion !== undefined) return deletion.id;

  const jobId = newJobId();
  await trx.updateTable('backups').set({ status: 'DISABLED', fail_reason: null }).where('id', '=', backup.id).execute();
  await startJob(deps, trx, {
    id: jobId,
    projectId: backup.project_id,
    kind: 'delete',
    instance: { id: backup.instance_id, name: backup.instance_name },
    backupId: backup.id,
    now: deps.clock.now(),
  });
  return jobId;
}
