import type { Selectable } from 'kysely';
import type { BackupsTable } from '../catalog/schema.ts';
import type { BackupSurroundings } from './backup-surroundings.ts';
import { policyOf } from './policy-row.ts';
import { proofFromRow } from './proofs.ts';
import type { Backup, BackupStatus, BackupType, InstanceMode, InstanceStatus } from './use-cases.ts';

/** The backup a row of the catalog stands for. `around`: at least of its instance. */
export function backupFromRow(row: Selectable<BackupsTable>, around: BackupSurroundings): Backup {
  const instance = around.instances.get(row.instance_id);
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    instanceId: row.instance_id,
    instanceName: row.instance_name,
    instanceMode: row.instance_mode as InstanceMode,
    instanceStatus: (instance?.status as InstanceStatus | undefined) ?? null,
    instanceRestoring: instance?.action === 'RESTORE',
    datastoreVersion: row.datastore_version,
    type: row.type as BackupType,
    status: row.status as BackupStatus,
    beginTime: row.begin_time,
    endTime: row.end_time,
    sizeBytes: row.size_bytes,
    proof: proofFromRow(row.proof),
    deletable: row.type !== 'Auto' || policyOf(around.policies.get(row.instance_id)).keepDays === 0,
  };
}
