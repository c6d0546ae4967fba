import { LarderError } from '../core/errors.ts';
import { checkInstanceId } from '../core/ids.ts';
import {
  archivesUnder,
  changedPolicy,
  checkIncremental,
  noPolicy,
  samePolicy,
  type BackupPolicy,
  type PolicyRequest,
} from '../core/policy.ts';
import type { EngineDeps } from './engine-deps.ts';
import { findInstance } from './find-instance.ts';
import { busy } from './instance-action.ts';
import { findPolicyRow, policyOf, type PolicyRow } from './policy-row.ts';
import { putRecord } from './records.ts';
import type { RefreshInstance } from './refresh-instance.ts';
import { scheduleBackups } from './schedule-backups.ts';
import type { Caller } from './use-cases.ts';

/** Changes at the same time that one change gives way to before it is refused as busy. */
const racesLimit = 10;

/** UseCases.setPolicy. A backup in progress is no reason to refuse: it does not ask the policy any more. */
export async function changePolicy(
  deps: EngineDeps,
  refresh: RefreshInstance,
  caller: Caller,
  instanceId: string,
  request: PolicyRequest,
): Promise<void> {
  checkInstanceId(instanceId);
  changedPolicy(noPolicy, request);
  const { db } = deps.catalog;
  for (let races = 0; races < racesLimit; races++) {
    const instance = await findInstance(db, caller.projectId, instanceId);
    if (instance.action !== null && instance.action !== 'BACKUP') throw busy();
    const row = await findPolicyRow(db, instanceId);
    const before = policyOf(row);
    const policy = changedPolicy(before, request);
    checkIncremental(request, policy, archivesUnder(policy, instance.mode, deps.archivesOplog));
    if (row !== undefined && samePolicy(before, policy)) return;
    // Before the catalog, as every record; who loses the race writes it again, so that the last record is that of the winner.
    await putRecord(deps.repository, 'policy', instanceId, policy);
    if (!(await write(deps, instanceId, row, policy))) continue;
    deps.log.info({ instanceId, ...policy, by: caller.userName }, 'backup policy changed');
    if (policy.keepDays > 0) await scheduleBackups(deps, refresh, instanceId);
    return;
  }
  throw new LarderError('instance-busy', 'The policy is being changed by others.', { retryable: true });
}

/** False, and nothing changed, if the policy is not the one that was read any more. */
async function write(
  deps: EngineDeps,
  instanceId: string,
  before: PolicyRow | undefined,
  policy: BackupPolicy,
): Promise<boolean> {
  const turnedOn = policy.keepDays > 0 && (before?.keep_days ?? 0) === 0;
  const values = {
    keep_days: policy.keepDays,
    start_time: policy.startTime,
    period: policy.period,
    revision: (before?.revision ?? 0) + 1,
    first_due: policy.keepDays > 0 && (turnedOn || before?.first_due === true),
    settled_until: deps.clock.now(),
    trouble: null,
  };
  const { db } = deps.catalog;
  const written =
    before === undefined
      ? await db
          .insertInto('backup_policies')
          .values({ instance_id: instanceId, ...values })
          .onConflict((conflict) => conflict.doNothing())
          .returning('instance_id')
          .executeTakeFirst()
      : await db
          .updateTable('backup_policies')
          .set(values)
          .where('instance_id', '=', instanceId)
          .where('revision', '=', before.revision)
          .returning('instance_id')
          .executeTakeFirst();
  return written !== undefined;
}
