import type { Selectable } from 'kysely';
import type { BackupPoliciesTable, CatalogHandle } from '../catalog/schema.ts';
import { noPolicy, type BackupPolicy } from '../core/policy.ts';

export type PolicyRow = Selectable<BackupPoliciesTable>;

/** The row of the instance's policy; undefined if it was never given one. */
export function findPolicyRow(db: CatalogHandle, instanceId: string): Promise<PolicyRow | undefined> {
  return db.selectFrom('backup_policies').selectAll().where('instance_id', '=', instanceId).executeTakeFirst();
}

/** The rows of policies by the id of their instance. */
export type PolicyRows = ReadonlyMap<string, PolicyRow>;

/** The rows of the policies of these instances; those without one are missing. */
export async function findPolicyRows(db: CatalogHandle, instanceIds: readonly string[]): Promise<PolicyRows> {
  if (instanceIds.length === 0) return new Map();
  const ids = [...new Set(instanceIds)];
  const rows = await db.selectFrom('backup_policies').selectAll().where('instance_id', 'in', ids).execute();
  return new Map(rows.map((row) => [row.instance_id, row]));
}

/** The policy a row stands for. */
export function policyOf(row: Pick<PolicyRow, 'keep_days' | 'start_time' | 'period'> | undefined): BackupPolicy {
  return row === undefined ? noPolicy : { keepDays: row.keep_days, startTime: row.start_time, period: row.period };
}
