import { LarderError } from '../core/errors.ts';
import { beginDeletion } from './begin-deletion.ts';
import type { EngineDeps } from './engine-deps.ts';
import { lockBackup } from './find-backup.ts';
import { findPolicyRow, policyOf } from './policy-row.ts';
import type { Caller } from './use-cases.ts';

/**
 * UseCases.deleteBackup. From now on the backup is DISABLED; the job removes it. While a deletion is on its way, asking
 * again answers with the same job; after one that failed, it is tried once more.
 */
export async function deleteBackup(deps: EngineDeps, caller: Caller, backupId: string): Promise<{ jobId: string }> {
  return deps.catalog.db.transaction().execute(async (trx) => {
    const backup = await lockBackup(trx, caller.projectId, backupId);
    const isPolicys = backup.type === 'Auto' && backup.status !== 'DISABLED';
    if (isPolicys && policyOf(await findPolicyRow(trx, backup.instance_id)).keepDays > 0) {
      throw new LarderError(
        'operation-illegal',
        'Automated backups go when their days are over; by hand only while the backup policy of the instance is off.',
      );
    }
    return { jobId: await beginDeletion(deps, trx, backup) };
  });
}
