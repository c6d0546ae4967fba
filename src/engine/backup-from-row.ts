import type { Selectable } from 'kysely';
import type { BackupsTable } from '../catalog/schema.ts';
import { policyOf, type PolicyRows } from './policy-row.ts';
import { proofFromRow } from './restore-result.ts';
import type { Backup, BackupStatus, BackupType, InstanceMode } from './use-cases.ts';

/** The backup a row of the catalog stands for. `policies`: of the instances that have one, at least of the backup's own. */
export function backupFromRow(row: Selectable<BackupsTable>, policies: PolicyRows): Backup {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    instanceId: row.instance_id,
    instanceName: row.instance_name,
    instanceMode: row.instance_mode as InstanceMode,
    datastoreVersion: row.datastore_version,
    type: row.type as BackupType,
    status: row.status as BackupStatus,
    beginTime: row.begin_time,
    endTime: row.end_time,
    sizeBytes: row.size_bytes,
    proof: proofFromRow(row.proof),
    deletable: row.type !== 'Auto' || policyOf(policies.get(row.instance_id)).keepDays === 0,
  };
}
