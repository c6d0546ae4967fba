import { LarderError } from '../core/errors.ts';
import { isWhole, wholeBackup, type RestoreSelection } from '../core/restore-selection.ts';
import { findInstance } from './find-instance.ts';
import type { JobKind } from './job-kind.ts';
import { keepProof } from './proofs.ts';
import { proofOf, resultOf } from './restore-result.ts';
import { sealedContexts } from './sealed-contexts.ts';
import { switchingOver, type PointInTime } from './tasks.ts';
import type { JobProgress } from './use-cases.ts';

/** What the job's row keeps beside the backup. */
export interface RestoreJobRequest extends RestoreSelection {
  /** Planned once: every try takes the same way. */
  readonly pointInTime?: PointInTime;
}

/** Makes the target hold what the backup, or the selected part of it, holds. The backup stays as it is, whatever comes of it. */
export const restoreJob: JobKind = {
  async run(deps, job, context) {
    const { db } = deps.catalog;
    const { backup_id: backupId } = job;
    if (backupId === null) throw new LarderError('internal', 'a restore job without a backup');
    const target = await findInstance(db, job.project_id, job.instance_id);
    // Jobs of before there was a choice have none.
    const { pointInTime, ...selection } = (job.request as RestoreJobRequest | null) ?? { ...wholeBackup };
    // Once the target shows what this try brought, the next one must not be refused for it; and not before, because until then
    // whatever is there is somebody else's.
    const notes: Promise<void>[] = [];
    const note = async (): Promise<void> => {
      try {
        await db.updateTable('jobs').set({ overwrite: true }).where('id', '=', job.id).execute();
      } catch (error) {
        deps.log.warn({ err: error, jobId: job.id }, 'a restore could not note how far it is');
      }
    };
    const report = (progress: JobProgress): void => {
      if (progress.phase === switchingOver && !job.overwrite && notes.length === 0) notes.push(note());
      context.report(progress);
    };
    const summary = await deps.runTask<'restore'>(
      {
        kind: 'restore',
        repository: deps.repositoryConnection,
        projectId: job.project_id,
        backupId,
        restoreId: job.id,
        selection,
        target: { id: target.id, uri: deps.repository.openSecret(target.sealed_uri, sealedContexts.instanceUri(target.id)) },
        overwrite: job.overwrite,
        ...(pointInTime === undefined ? {} : { pointInTime }),
      },
      { signal: context.signal, report },
    );
    await Promise.all(notes);
    if (summary.notes.length > 0) deps.log.warn({ jobId: job.id, notes: summary.notes }, 'restored, but not everything the same');
    const result = resultOf(summary);
    // A part proves a part only, and a replay one moment, which may have begun with an older backup.
    const proves = isWhole(selection) && pointInTime === undefined;
    const writeProof = proves ? await keepProof(deps, backupId, proofOf(result, job.id, deps.clock.now())) : null;
    return async (trx) => {
      if (isWhole(selection) || summary.collections > 0) {
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
