import { isWhole } from '../core/restore-selection.ts';
import { findInstance } from './find-instance.ts';
import type { JobKind } from './job-kind.ts';
import { keepProof } from './proofs.ts';
import { proofOf, resultOf } from './restore-result.ts';
import { sealedContexts } from './sealed-contexts.ts';
import type { RestoreLeg } from './tasks.ts';

/** What the job's row keeps: planned once, so that every try takes the same way. */
export interface RestoreJobRequest {
  readonly legs: readonly RestoreLeg[];
}

/** Makes the target hold what backups, or selected parts of them, hold. The backups stay as they are, whatever comes of it. */
export const restoreJob: JobKind = {
  async run(deps, job, context) {
    const { db } = deps.catalog;
    const target = await findInstance(db, job.project_id, job.instance_id);
    const { legs } = job.request as RestoreJobRequest;
    const summary = await deps.runTask<'restore'>(
      {
        kind: 'restore',
        repository: deps.repositoryConnection,
        projectId: job.project_id,
        legs,
        restoreId: job.id,
        target: { id: target.id, uri: deps.repository.openSecret(target.sealed_uri, sealedContexts.instanceUri(target.id)) },
        overwrite: job.overwrite,
      },
      context,
    );
    if (summary.notes.length > 0) deps.log.warn({ jobId: job.id, notes: summary.notes }, 'restored, but not everything the same');
    const result = resultOf(summary);
    const whole = legs.some(({ selection }) => isWhole(selection));
    // A part proves a part only, and a replay one moment, which may have begun with an older backup.
    const [leg] = legs;
    const proved = whole && leg?.pointInTime === undefined ? leg?.backupId : undefined;
    const writeProof = proved === undefined ? null : await keepProof(deps, proved, proofOf(result, job.id, deps.clock.now()));
    return async (trx) => {
      if (whole || summary.collections > 0) {
        await trx
          .updateTable('instances')
          .set({ holds_user_data: summary.collections > 0 })
          .where('id', '=', target.id)
          .execute();
      }
      await trx
        .updateTable('jobs')
        .set({ result: JSON.stringify(result) })
        .where('id', '=', job.id)
        .execute();
      await writeProof?.(trx);
    };
  },

  giveUp: () => async () => {},

  whenCancelled: {
    leaves: 'The target is incomplete: some of it is as in the backup, some as before. Restoring again puts it right.',
  },
};

/** The same beside everything that is there. Nothing of it is lost, whatever comes of it. */
export const restoreCollectionsJob: JobKind = {
  ...restoreJob,
  whenCancelled: {
    leaves: 'What the instance held is as it was. Some of what was to be restored may be there under its new name, whole.',
  },
};
