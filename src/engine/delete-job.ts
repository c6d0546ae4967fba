import { LarderError } from '../core/errors.ts';
import { retainAfterDeletion } from './follow/retain-archives.ts';
import type { JobKind } from './job-kind.ts';

/** Removes the backup from the repository, then its row: from then on its name is free. Given up, it stays DISABLED and can be deleted again. */
export const deleteJob: JobKind = {
  async run(deps, job, context) {
    const { backup_id: backupId } = job;
    if (backupId === null) throw new LarderError('internal', 'a deletion job without a backup');
    await deps.runTask<'delete'>(
      { kind: 'delete', repository: deps.repositoryConnection, projectId: job.project_id, backupId },
      context,
    );
    await deps.repository.records.delete('proof', backupId);
    await retainAfterDeletion(deps, job, context.signal);
    return async (trx) => {
      await trx.deleteFrom('backups').where('id', '=', backupId).execute();
    };
  },

  giveUp: (job, reason) => async (trx) => {
    await trx.updateTable('backups').set({ fail_reason: reason }).where('id', '=', job.backup_id).execute();
  },

  whenCancelled: { leaves: () => 'The backup may be deleted already; deleting it again is safe.' },
};
