import type { CatalogTransaction } from '../catalog/schema.ts';
import { LarderError } from '../core/errors.ts';
import { findInstance } from './find-instance.ts';
import type { InstanceAction } from './use-cases.ts';

export const notReady = (trouble: string | null): LarderError =>
  new LarderError(
    'instance-not-ready',
    trouble === null ? 'The instance is not normal.' : `The instance is not normal: ${trouble}`,
  );

export const busy = (why = 'Another operation is running on the instance.'): LarderError => new LarderError('instance-busy', why);

/**
 * Makes the instance the job's own until `releaseInstance`, in one statement, so that of two at the same time one wins.
 * `instance-not-found`, `instance-busy`, `instance-not-ready`.
 */
export async function takeInstance(
  trx: CatalogTransaction,
  take: {
    readonly projectId: string;
    readonly instanceId: string;
    readonly action: InstanceAction;
    readonly jobId: string;
    readonly now: Date;
    /** An instance that is not normal is taken as well. */
    readonly evenAbnormal?: boolean;
  },
): Promise<void> {
  const taken = await trx
    .updateTable('instances')
    .set({ action: take.action, action_job_id: take.jobId, updated: take.now })
    .where('id', '=', take.instanceId)
    .where('project_id', '=', take.projectId)
    .where('action', 'is', null)
    .where('status', 'in', take.evenAbnormal === true ? ['normal', 'abnormal', 'createfail'] : ['normal'])
    .returning('id')
    .executeTakeFirst();
  if (taken !== undefined) return;
  const row = await findInstance(trx, take.projectId, take.instanceId);
  throw row.action === null ? notReady(null) : busy();
}

/** Gives back what the job took; does nothing where it holds nothing. */
export async function releaseInstance(trx: CatalogTransaction, jobId: string, now: Date): Promise<void> {
  await trx
    .updateTable('instances')
    .set({ action: null, action_job_id: null, updated: now })
    .where('action_job_id', '=', jobId)
    .execute();
}
