import { isWhole } from '../core/restore-selection.ts';
import { clearTarget } from './clear-target.ts';
import type { JobDeps } from './engine-deps.ts';
import { findInstance } from './find-instance.ts';
import { administratorsOf } from './instances/own-servers.ts';
import type { JobKind, JobRow } from './job-kind.ts';
import { backupOnTrial, onTrial } from './on-trial.ts';
import { keepProof } from './proofs.ts';
import { proofOf, resultOf } from './restore-result.ts';
import { sealedContexts } from './sealed-contexts.ts';
import { refuseUnbuilt } from './restore/clear-target.ts';
import type { RestoreLeg, RestoreSummary, RestoreTask, TaskContext } from './tasks.ts';

/** What the job's row keeps: planned once, so that every try takes the same way. */
export interface RestoreJobRequest {
  readonly legs: readonly RestoreLeg[];
  /** What the restore said once all of it was done: a later try has only the target to clear, which no longer knows the restore then. */
  readonly done?: RestoreSummary;
}

const isDone = ({ request }: JobRow): boolean => (request as RestoreJobRequest).done !== undefined;
const allDone = 'By then all was restored and compared; only what the restore noted in the target is left there.';

/** Makes the target hold what backups, or selected parts of them, hold. The backups stay as they are, whatever comes of it. */
export const restoreJob: JobKind = {
  async run(deps, job, context) {
    const row = await findInstance(deps.catalog.db, job.project_id, job.instance_id);
    const target = { id: row.id, uri: deps.repository.openSecret(row.sealed_uri, sealedContexts.instanceUri(row.id)) };
    const request = job.request as RestoreJobRequest;
    const { legs } = request;
    const summary = request.done ?? (await restore(deps, { job, legs, target, keepUsers: administratorsOf(row) }, context));
    if (request.done === undefined) await keepDone(deps, job, { ...request, done: summary });
    await clearTarget(deps, target);
    refuseUnbuilt(summary);
    if (summary.notes.length > 0) deps.log.warn({ jobId: job.id, notes: summary.notes }, 'restored, but not everything the same');
    const result = resultOf(summary);
    const whole = legs.some(({ selection }) => isWhole(selection));
    const proved = backupOnTrial(legs);
    const writeProof = proved === null ? null : await keepProof(deps, proved, proofOf(result, job.id, deps.clock.now()));
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
    leaves: (job) =>
      isDone(job)
        ? allDone
        : 'The target is incomplete: some of it is as in the backup, some as before. Restoring again puts it right.',
  },
};

function restore(
  deps: JobDeps,
  { job, ...task }: Pick<RestoreTask, 'legs' | 'target' | 'keepUsers'> & { readonly job: JobRow },
  context: TaskContext,
): Promise<RestoreSummary> {
  return onTrial(deps, job, task.legs, () =>
    deps.runTask<'restore'>(
      {
        kind: 'restore',
        repository: deps.repositoryConnection,
        projectId: job.project_id,
        restoreId: job.id,
        ...task,
        overwrite: job.overwrite,
      },
      context,
    ),
  );
}

async function keepDone({ catalog }: Pick<JobDeps, 'catalog'>, job: JobRow, request: RestoreJobRequest): Promise<void> {
  await catalog.db
    .updateTable('jobs')
    .set({ request: JSON.stringify(request) })
    .where('id', '=', job.id)
    .execute();
}

/** The same beside everything that is there. Nothing of it is lost, whatever comes of it. */
export const restoreCollectionsJob: JobKind = {
  ...restoreJob,
  whenCancelled: {
    leaves: (job) =>
      isDone(job)
        ? allDone
        : 'What the instance held is as it was. Some of what was to be restored may be there under its new name, whole.',
  },
};
