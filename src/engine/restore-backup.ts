import { LarderError } from '../core/errors.ts';
import { isWhole, wholeBackup } from '../core/restore-selection.ts';
import type { EngineDeps } from './engine-deps.ts';
import { findInstance } from './find-instance.ts';
import { busy, notReady, takeInstance } from './instance-action.ts';
import type { Moments } from './moments.ts';
import { planAgainst } from './preview-restore.ts';
import type { RefreshInstance } from './refresh-instance.ts';
import { refuseLosses } from './restore/plan-restore.ts';
import type { RestoreJobRequest } from './restore-job.ts';
import { findOrigin, imageOfOrigin, lockOrigins } from './restore-origin.ts';
import { newJobId, startJob } from './start-job.ts';
import type { Caller, RestoreRequest } from './use-cases.ts';

/** UseCases.restore. As for a backup: looked at first, decided in the transaction. */
export async function restoreBackup(
  deps: EngineDeps,
  moments: Moments,
  refresh: RefreshInstance,
  caller: Caller,
  request: RestoreRequest,
): Promise<{ jobId: string }> {
  const { projectId } = caller;
  const { targetInstanceId, sourceInstanceId, overwrite, selection = wholeBackup } = request;
  const whole = isWhole(selection);

  const origin = await findOrigin(deps, projectId, request);
  const { backup } = origin;
  const target = await findInstance(deps.catalog.db, projectId, targetInstanceId);
  // Who names the source means "to the original instance", and that is what it must be.
  if (sourceInstanceId !== undefined && (sourceInstanceId !== backup.instance_id || targetInstanceId !== sourceInstanceId)) {
    throw new LarderError(
      'operation-illegal',
      'The source must be the instance the backup was made of, and the target the same.',
    );
  }
  // Whether there is data to lose must be known as it is now, not as it was a few seconds ago.
  const { row, trouble } =
    target.action === null ? await refresh(target, { always: !overwrite && whole }) : { row: target, trouble: null };
  if (!overwrite && whole && row.status === 'normal' && row.holds_user_data) {
    throw new LarderError('target-not-empty', 'The target instance holds data, and overwriting it was not asked for.');
  }
  if (row.action !== null) throw busy();
  if (row.status !== 'normal') throw notReady(trouble);
  if (!whole) {
    const manifest = await imageOfOrigin(deps, moments, projectId, origin);
    const plan = await planAgainst(deps, row, { manifest, selection, sizes: false });
    if (!overwrite) refuseLosses(plan);
  }

  const jobId = newJobId();
  const now = deps.clock.now();
  await deps.catalog.db.transaction().execute(async (trx) => {
    const [way] = await lockOrigins(trx, projectId, [origin]);
    await takeInstance(trx, { projectId, instanceId: targetInstanceId, action: 'RESTORE', jobId, now });
    await startJob(deps, trx, {
      id: jobId,
      projectId,
      kind: 'restore',
      instance: row,
      backupId: backup.id,
      overwrite,
      request: { legs: [{ ...way!, selection }] } satisfies RestoreJobRequest,
      now,
    });
  });
  return { jobId };
}
