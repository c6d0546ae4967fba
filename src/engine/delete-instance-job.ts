import { retainAfterDeletion } from './follow/retain-archives.ts';
import { forgetHistory } from './configurations/parameter-history.ts';
import { isForAnother } from './instances/server-places.ts';
import { recycle, type Recycling } from './instances/recycle-bin.ts';
import type { JobKind } from './job-kind.ts';

/**
 * Removes the automated backups of the instance from the repository, servers that Larder started and their data, then the rows, the policy
 * and the instance itself. Servers of an adopted instance are not touched, manual backups stay. Of an instance of Larder's own the
 * last backup stays in any case, and the recycle bin shows it. Given up, the instance is as it was but for
 * those backups.
 */
export const deleteInstanceJob: JobKind = {
  isElsewhere: isForAnother,

  async run(deps, job, context) {
    const automated = await deps.catalog.db
      .selectFrom('backups')
      .select('id')
      .where('instance_id', '=', job.instance_id)
      .where('type', '=', 'Auto')
      .orderBy('begin_time')
      .execute();
    const recycling = job.request as Recycling | null;
    const { project_id: projectId } = job;
    for (const { id: backupId } of automated) {
      if (backupId === recycling?.backupId) continue;
      const task = { kind: 'delete', repository: deps.repositoryConnection, projectId, backupId } as const;
      await deps.runTask<'delete'>(task, context);
      await deps.repository.records.delete('proof', backupId);
    }
    await retainAfterDeletion(deps, job, context.signal);
    // Of what was adopted there is nothing here.
    await deps.provider.remove(job.instance_id);
    return async (trx, now) => {
      let gone = trx.deleteFrom('backups').where('instance_id', '=', job.instance_id).where('type', '=', 'Auto');
      if (recycling !== null) gone = gone.where('id', '!=', recycling.backupId);
      await gone.execute();
      const row = await trx.selectFrom('instances').selectAll().where('id', '=', job.instance_id).executeTakeFirst();
      if (recycling !== null && row !== undefined) await recycle(deps, trx, row, { ...recycling, now });
      // The row first: whoever writes a record of the instance holds it, so none comes after these are gone.
      await trx.deleteFrom('instances').where('id', '=', job.instance_id).execute();
      for (const kind of ['policy', 'drill-schedule', 'instance-proof'])
        await deps.repository.records.delete(kind, job.instance_id);
      await forgetHistory(deps, trx, { instanceId: job.instance_id });
      await deps.repository.records.delete('instance', job.instance_id);
    };
  },

  giveUp: (job, reason) => async (trx) => {
    await trx
      .updateTable('backups')
      .set({ fail_reason: reason })
      .where('instance_id', '=', job.instance_id)
      .where('status', '=', 'DISABLED')
      .execute();
  },

  whenCancelled: {
    leaves: () => 'The instance is still there; its automated backups may be deleted already, and are not restorable any more.',
  },
};
