import { checkInstanceId } from '../core/ids.ts';
import type { EngineDeps } from './engine-deps.ts';
import { findInstance } from './find-instance.ts';
import { busy, takeInstance } from './instance-action.ts';
import { planRecycling } from './instances/recycle-bin.ts';
import { readsOneOf } from './reads-backups.ts';
import { newJobId, startJob } from './start-job.ts';
import type { Caller } from './use-cases.ts';

/**
 * UseCases.deleteInstance. From now on the automated backups are DISABLED and nothing else can be done with the instance; the job
 * removes them and it. While that is on its way, asking again answers with the same job.
 */
export async function deleteInstance(deps: EngineDeps, caller: Caller, instanceId: string): Promise<{ jobId: string }> {
  const { projectId } = caller;
  checkInstanceId(instanceId);
  const jobId = newJobId();
  return deps.catalog.db.transaction().execute(async (trx) => {
    // Backups before the instance, as everywhere, and in one order.
    const automated = await trx
      .selectFrom('backups')
      .select('id')
      .where('project_id', '=', projectId)
      .where('instance_id', '=', instanceId)
      .where('type', '=', 'Auto')
      .orderBy('id')
      .forUpdate()
      .execute();
    const instance = await findInstance(trx, projectId, instanceId);
    if (instance.action === 'DELETE_INSTANCE' && instance.action_job_id !== null) return { jobId: instance.action_job_id };
    if (instance.action !== null) throw busy();
    const recycling = await planRecycling(deps, trx, instance);
    const ids = automated.map(({ id }) => id).filter((id) => id !== recycling?.backupId);
    if (ids.length > 0) {
      const restore = await trx
        .selectFrom('jobs')
        .select('id')
        .where(readsOneOf(ids))
        .where('status', '=', 'Running')
        .where('kind', 'in', ['restore', 'restore-collections', 'create-instance'])
        .executeTakeFirst();
      if (restore !== undefined) throw busy('An automated backup of the instance is being restored elsewhere.');
      await trx.updateTable('backups').set({ status: 'DISABLED' }).where('id', 'in', ids).execute();
    }
    const now = deps.clock.now();
    await takeInstance(trx, { projectId, instanceId, action: 'DELETE_INSTANCE', jobId, now, evenAbnormal: true });
    await startJob(deps, trx, {
      id: jobId,
      projectId,
      kind: 'delete-instance',
      instance,
      backupId: null,
      request: recycling,
      now,
    });
    return { jobId };
  });
}
