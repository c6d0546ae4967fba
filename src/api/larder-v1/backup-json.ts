import { Type, type Static } from 'typebox';
import { oneOf } from '../fields.ts';
import type { Backup, BackupDetails } from '../../engine/use-cases.ts';
import { isoTime, nullable } from './json-types.ts';

export const backupSchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  description: Type.String(),
  instance_id: Type.String(),
  instance_name: Type.String(),
  instance_mode: oneOf(['Single', 'ReplicaSet', 'Sharding']),
  instance_status: nullable(Type.String()),
  instance_restoring: Type.Boolean(),
  datastore_version: Type.String(),
  type: oneOf(['Manual', 'Auto']),
  status: oneOf(['BUILDING', 'COMPLETED', 'FAILED', 'DISABLED']),
  begin_time: isoTime,
  end_time: nullable(isoTime),
  size_bytes: Type.Integer({ minimum: 0 }),
  proof: nullable(
    Type.Object({
      verdict: oneOf(['proved', 'failed']),
      at: isoTime,
      job_id: Type.String(),
      seconds: Type.Number(),
      bytes_per_second: Type.Number(),
      reason: nullable(Type.String()),
    }),
  ),
  deletable: Type.Boolean(),
});

export const backupDetailsSchema = Type.Object({
  ...backupSchema.properties,
  cluster_time: nullable(Type.Object({ t: Type.Integer(), i: Type.Integer() })),
  consistency: nullable(oneOf(['snapshot', 'locked', 'none'])),
  base_backup_id: nullable(Type.String()),
  documents_read: nullable(Type.Integer()),
  oplog_entries_read: nullable(Type.Integer()),
  bytes_read: nullable(Type.Integer()),
  bytes_stored: nullable(Type.Integer()),
  blocks_stored: nullable(Type.Integer()),
  blocks_reused: nullable(Type.Integer()),
  notes: Type.Array(Type.String()),
  collections: Type.Array(
    Type.Object({
      db: Type.String(),
      name: Type.String(),
      uuid: Type.String(),
      documents: Type.Integer(),
      documents_exact: Type.Boolean(),
      bytes: Type.Integer(),
    }),
  ),
  fail_reason: nullable(Type.String()),
});

/** A row of the backup list, field by field. */
export function backupJson(backup: Backup): Static<typeof backupSchema> {
  const { proof } = backup;
  return {
    id: backup.id,
    name: backup.name,
    description: backup.description,
    instance_id: backup.instanceId,
    instance_name: backup.instanceName,
    instance_mode: backup.instanceMode,
    instance_status: backup.instanceStatus,
    instance_restoring: backup.instanceRestoring,
    datastore_version: backup.datastoreVersion,
    type: backup.type,
    status: backup.status,
    begin_time: backup.beginTime.toISOString(),
    end_time: backup.endTime?.toISOString() ?? null,
    size_bytes: backup.sizeBytes,
    proof:
      proof === null
        ? null
        : {
            verdict: proof.verdict,
            at: proof.at.toISOString(),
            job_id: proof.jobId,
            seconds: proof.seconds,
            bytes_per_second: proof.bytesPerSecond,
            reason: proof.reason,
          },
    deletable: backup.deletable,
  };
}

/** A backup with what its manifest says. */
export function backupDetailsJson(backup: BackupDetails): Static<typeof backupDetailsSchema> {
  const { clusterTime } = backup;
  return {
    ...backupJson(backup),
    cluster_time: clusterTime === null ? null : { t: clusterTime.t, i: clusterTime.i },
    consistency: backup.consistency,
    base_backup_id: backup.baseBackupId,
    documents_read: backup.documentsRead,
    oplog_entries_read: backup.oplogEntriesRead,
    bytes_read: backup.bytesRead,
    bytes_stored: backup.bytesStored,
    blocks_stored: backup.blocksStored,
    blocks_reused: backup.blocksReused,
    notes: [...backup.notes],
    collections: backup.collections.map(({ db, name, uuid, documents, documentsExact, bytes }) => ({
      db,
      name,
      uuid,
      documents,
      documents_exact: documentsExact,
      bytes,
    })),
    fail_reason: backup.failReason,
  };
}
