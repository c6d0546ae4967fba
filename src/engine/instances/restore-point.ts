import { LarderError } from '../../core/errors.ts';
import { isObject } from '../../core/instance-rules.ts';
import type { ParameterValues } from '../../core/server-parameters.ts';
import type { OrderSource } from '../../core/instance-order.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { findBackup } from '../find-backup.ts';
import { ownOf } from '../instance-from-row.ts';
import { refuseUnlessRestorable } from '../refuse-unless-restorable.ts';
import type { Caller } from '../use-cases.ts';

/** The backup that a new instance is made from, and what it decides. */
export interface RestorePoint {
  readonly backupId: string;
  readonly source: OrderSource;
  /** What the servers of a deleted instance were set to; none where the instance is there. */
  readonly parameters: ParameterValues;
}

/**
 * Reads the `restore_point` of a request to create an instance; null where there is none. `malformed-request`, `backup-not-found`,
 * `backup-not-of-instance`, `backup-not-restorable`, `unsupported-operation` (a point in time).
 */
export async function readRestorePoint(deps: EngineDeps, caller: Caller, body: unknown): Promise<RestorePoint | null> {
  const point = isObject(body) ? body['restore_point'] : undefined;
  if (point === undefined || point === null) return null;
  if (!isObject(point)) throw new LarderError('malformed-request', 'restore_point must be an object.');
  const type = point['type'] ?? 'backup';
  if (type === 'timestamp') {
    throw new LarderError('unsupported-operation', 'A new instance is made from a backup, not from a point in time.');
  }
  if (type !== 'backup') throw new LarderError('malformed-request', 'restore_point.type must be backup.');
  const backupId = point['backup_id'];
  if (typeof backupId !== 'string') throw new LarderError('malformed-request', 'restore_point.backup_id is needed.');
  const backup = await findBackup(deps.catalog.db, caller.projectId, backupId);
  const instanceId = point['instance_id'] ?? '';
  if (instanceId !== '' && instanceId !== backup.instance_id) {
    throw new LarderError('backup-not-of-instance', 'The backup is none of restore_point.instance_id.');
  }
  refuseUnlessRestorable(backup.status);
  const row = await deps.catalog.db.selectFrom('instances').select('own').where('id', '=', backup.instance_id).executeTakeFirst();
  const recycled = await deps.catalog.db
    .selectFrom('recycled_instances')
    .select(['volume_gb', 'parameters'])
    .where('id', '=', backup.instance_id)
    .executeTakeFirst();
  const volumeGb = (row === undefined ? null : ownOf(row))?.sent.flavor.sizeGb ?? recycled?.volume_gb ?? 0;
  const parameters = (recycled?.parameters ?? {}) as ParameterValues;
  return { backupId, parameters, source: { mode: backup.instance_mode, version: backup.datastore_version, volumeGb } };
}
