import type { JobKind } from './job-kind.ts';

/**
 * Removes the automated backups of the instance from the repository, then their rows, the policy and the instance itself. The
 * servers are not touched, manual backups stay. Given up, the instance is as it was but for those backups.
 */
export const deleteInstanceJob: JobKind = {
  async run(deps, job, context) {
    const automated = await deps.catalog.db
      .selectFrom('backups')
      .select('id')
      .where('instance_id', '=', job.instance_id)
      .where('type', '=', 'Auto')
      .orderBy('begin_time')
      .execute();
    const { project_id: projectId } = job;
    for (const { id: backupId } of automated) {
      const task = { kind: 'delete', repository: deps.repositoryConnection, projectId, backupId } as const;
      await deps.runTask<'delete'>(task, context);
      await deps.repository.records.delete('proof', backupId);
    }
    return async (trx) => {
      await trx.deleteFrom('backups').where('instance_id', '=', job.instance_id).where('type', '=', 'Auto').execute();
      // The row first: whoever writes a record of the instance holds it, so none comes after these are gone.
      await trx.deleteFrom('instances').where('id', '=', job.instance_id).execute();
      for (const kind of ['policy', 'drill-schedule', 'instance-proof'])
        await deps.repository.records.delete(kind, job.instance_id);
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
    leaves: 'The instance is still there; its automated backups may be deleted already, and are not restorable any more.',
  },
};
