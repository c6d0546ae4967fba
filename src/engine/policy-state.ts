import { checkInstanceId } from '../core/ids.ts';
import { archivesUnder } from '../core/policy.ts';
import { nextWindow } from '../core/policy-window.ts';
import type { EngineDeps } from './engine-deps.ts';
import { findInstance } from './find-instance.ts';
import { findPolicyRow, policyOf } from './policy-row.ts';
import type { Caller, PolicyState, WindowOutcome } from './use-cases.ts';

const windowsShown = 10;

/** UseCases.showPolicy. */
export async function policyState(deps: EngineDeps, caller: Caller, instanceId: string): Promise<PolicyState> {
  const { db } = deps.catalog;
  const instance = await findInstance(db, caller.projectId, checkInstanceId(instanceId));
  const row = await findPolicyRow(db, instance.id);
  const policy = policyOf(row);
  const windows = await db
    .selectFrom('backup_windows')
    .selectAll()
    .where('instance_id', '=', instance.id)
    .orderBy('starts', 'desc')
    .limit(windowsShown)
    .execute();
  return {
    ...policy,
    incremental: archivesUnder(policy, instance.mode, deps.archivesOplog),
    nextWindow: nextWindow(policy, deps.clock.now())?.start ?? null,
    firstBackupDue: row?.first_due ?? false,
    trouble: row?.trouble ?? null,
    windows: windows.map((window) => ({
      start: window.starts,
      outcome: window.outcome as WindowOutcome['outcome'],
      backupId: window.backup_id,
      reason: window.reason,
    })),
  };
}
