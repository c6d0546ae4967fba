import { join } from 'node:path';
import { parseAssertions } from '../core/drill-assertions.ts';
import { LarderError } from '../core/errors.ts';
import type { JobKind } from './job-kind.ts';
import { keepFailure } from './on-trial.ts';
import { keepProof } from './proofs.ts';
import { proofOf, resultOf } from './restore-result.ts';

/** Proves a backup by restoring it into a server of its own. The verdict stands beside the backup, whatever it is. */
export const drillJob: JobKind = {
  async run(deps, job, context) {
    const { backup_id: backupId } = job;
    if (backupId === null) throw new LarderError('internal', 'a drill without a backup');
    const summary = await deps.runTask<'drill'>(
      {
        kind: 'drill',
        repository: deps.repositoryConnection,
        projectId: job.project_id,
        backupId,
        drillId: job.id,
        assertions: parseAssertions(job.request ?? []),
        mongod: await deps.drills.findMongod(context.signal),
        folder: join(deps.drills.folder, job.id),
      },
      context,
    );
    if (summary.verdict === 'failed') {
      const { reason, seconds } = summary;
      await keepFailure(deps, job, { backupId, reason, seconds });
      throw new LarderError('drill-failed', `The backup did not pass: ${reason}`);
    }
    const result = resultOf(summary.restored);
    const notes = [...result.notes, ...(summary.assertions === 0 ? [] : [`Assertions that hold: ${summary.assertions}.`])];
    const writeProof = await keepProof(deps, backupId, proofOf(result, job.id, deps.clock.now()));
    return async (trx) => {
      await trx
        .updateTable('jobs')
        .set({ result: JSON.stringify({ ...result, notes }) })
        .where('id', '=', job.id)
        .execute();
      await writeProof(trx);
    };
  },

  giveUp: () => async () => {},

  whenCancelled: { leaves: () => 'What it started is removed.' },
};
