import { parseAssertions } from '../core/drill-assertions.ts';
import type { EngineDeps } from './engine-deps.ts';
import { findBackup, lockBackup } from './find-backup.ts';
import { findInstance } from './find-instance.ts';
import { newestBackup } from './newest-backup.ts';
import { refuseUnlessRestorable } from './refuse-unless-restorable.ts';
import { newJobId, startJob } from './start-job.ts';
import type { Caller, DrillRequest } from './use-cases.ts';

/** UseCases.drill. The instance is not touched, so it may do anything else meanwhile; the backup cannot be deleted. */
export async function beginDrill(
  deps: EngineDeps,
  caller: Caller,
  request: DrillRequest,
): Promise<{ jobId: string; backupId: string }> {
  const { projectId } = caller;
  // What does not fit is refused now, not when the backup was restored.
  parseAssertions(request.assertions);
  const backupId = 'backupId' in request.of ? request.of.backupId : await newestOf(deps, projectId, request.of.instanceId);
  refuseUnlessRestorable((await findBackup(deps.catalog.db, projectId, backupId)).status);
  const jobId = newJobId();
  const now = deps.clock.now();
  await deps.catalog.db.transaction().execute(async (trx) => {
    const backup = await lockBackup(trx, projectId, backupId);
    refuseUnlessRestorable(backup.status);
    const instance = { id: backup.instance_id, name: backup.instance_name };
    await startJob(deps, trx, { id: jobId, projectId, kind: 'drill', instance, backupId, request: request.assertions, now });
  });
  return { jobId, backupId };
}

async function newestOf(deps: EngineDeps, projectId: string, instanceId: string): Promise<string> {
  await findInstance(deps.catalog.db, projectId, instanceId);
  return (await newestBackup(deps.catalog.db, instanceId)).id;
}
