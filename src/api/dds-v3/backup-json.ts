import { Type, type Static } from 'typebox';
import type { Backup } from '../../engine/use-cases.ts';
import { formatBlankTime } from '../times.ts';

export const backupSchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  instance_id: Type.String(),
  instance_name: Type.String(),
  instance_mode: Type.String(),
  datastore: Type.Object({ type: Type.Literal('DDS-Community'), version: Type.String(), storage_engine: Type.String() }),
  type: Type.Union([Type.Literal('Auto'), Type.Literal('Manual')]),
  begin_time: Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d$' }),
  end_time: Type.String({
    pattern: '^(\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d)?$',
    description: 'Empty while the backup is being made',
  }),
  status: Type.Union([Type.Literal('BUILDING'), Type.Literal('COMPLETED'), Type.Literal('FAILED'), Type.Literal('DISABLED')]),
  size: Type.Integer({ minimum: 0, description: 'KB' }),
  description: Type.String(),
  instance_status: Type.String({ description: 'deleted where the instance is gone' }),
  is_instance_restoring: Type.Boolean(),
  backup_method: Type.Literal('Logical'),
  kms_enable: Type.Literal(false, {
    description: 'Backups are encrypted, with a key of Larder and not of a key management service',
  }),
  deletable: Type.Boolean({ description: 'False for an automated backup while the policy is on' }),
});

/** A backup as DDS lists it. */
export function backupJson(backup: Backup): Static<typeof backupSchema> {
  return {
    id: backup.id,
    name: backup.name,
    instance_id: backup.instanceId,
    instance_name: backup.instanceName,
    instance_mode: backup.instanceMode,
    datastore: { type: 'DDS-Community', version: backup.datastoreVersion, storage_engine: 'wiredTiger' },
    type: backup.type,
    begin_time: formatBlankTime(backup.beginTime),
    end_time: backup.endTime === null ? '' : formatBlankTime(backup.endTime),
    status: backup.status,
    size: Math.ceil(backup.sizeBytes / 1024),
    description: backup.description,
    instance_status: backup.instanceStatus ?? 'deleted',
    is_instance_restoring: backup.instanceRestoring,
    backup_method: 'Logical',
    kms_enable: false,
    deletable: backup.deletable,
  };
}
