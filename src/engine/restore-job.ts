import { LarderError } from '../core/errors.ts';
import { findInstance } from './find-instance.ts';
import type { JobKind } from './job-kind.ts';
import { sealedContexts } from './sealed-contexts.ts';

/** Makes the target hold what the backup holds. The backup stays as it is, whatever comes of it. */
export const restoreJob: JobKind = {
  async run(deps, job, context) {
    const { db } = deps.catalog;
    if (job.backup_id === null) throw new LarderError('internal', 'a restore job without a backup');
    const target = await findInstance(db, job.project_id, job.instance_id);
    // From the next try on the target holds what this one brought: refusing that would make a restart useless.
    if (!job.overwrite) await db.updateTable('jobs').set({ overwrite: true }).where('id', '=', job.id).execute();
    const summary = await deps.runTask<'restore'>(
      {
        kind: 'restore',
        repository: deps.repositoryConnection,
        projectId: job.project_id,
        backupId: job.backup_id,
        target: { id: target.id, uri: deps.repository.openSecret(target.sealed_uri, sealedContexts.instanceUri(target.id)) },
        overwrite: job.overwrite,
      },
      context,
    );
    if (summary.notes.length > 0) deps.log.warn({ jobId: job.id, notes: summary.notes }, 'restored, but not everything the same');
    return async (trx) => {
      await trx
        .updateTable('instances')
        .set({ holds_user_data: summary.collections > 0 })
        .where('id', '=', target.id)
        .execute();
    };
  },

  giveUp: () => async () => {},
};
