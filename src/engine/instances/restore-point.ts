import { LarderError } from '../../core/errors.ts';
import { checkInstanceId } from '../../core/ids.ts';
import { isObject } from '../../core/instance-rules.ts';
import { pointOfMilliseconds } from '../../core/oplog-archive.ts';
import { parseRestoreTime } from '../../core/restore-time.ts';
import type { ParameterValues } from '../../core/server-parameters.ts';
import type { OrderSource } from '../../core/instance-order.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { ownOf } from '../instance-from-row.ts';
import { findOrigin, type FoundOrigin } from '../restore-origin.ts';
import type { Caller, RestoreOrigin } from '../use-cases.ts';

/** What a new instance is made from, and what that decides. */
export interface RestorePoint {
  readonly origin: FoundOrigin;
  readonly source: OrderSource;
  /** What the servers of a deleted instance were set to; none where the instance is there. */
  readonly parameters: ParameterValues;
}

/**
 * Reads the `restore_point` of a request to create an instance; null where there is none. `malformed-request`, `backup-not-found`,
 * `backup-not-of-instance`, `backup-not-restorable`; with a point in time `invalid-instance-id`, `invalid-date`, and those of `planPointInTime`.
 */
export async function readRestorePoint(deps: EngineDeps, caller: Caller, body: unknown): Promise<RestorePoint | null> {
  const point = isObject(body) ? body['restore_point'] : undefined;
  if (point === undefined || point === null) return null;
  if (!isObject(point)) throw new LarderError('malformed-request', 'restore_point must be an object.');
  const origin = await findOrigin(deps, caller.projectId, originOf(point));
  const { backup } = origin;
  const instanceId = point['instance_id'] ?? '';
  if (instanceId !== '' && instanceId !== backup.instance_id) {
    throw new LarderError('backup-not-of-instance', 'The backup is none of restore_point.instance_id.');
  }
  const row = await deps.catalog.db.selectFrom('instances').select('own').where('id', '=', backup.instance_id).executeTakeFirst();
  const recycled = await deps.catalog.db
    .selectFrom('recycled_instances')
    .select(['volume_gb', 'parameters'])
    .where('id', '=', backup.instance_id)
    .executeTakeFirst();
  const volumeGb = (row === undefined ? null : ownOf(row))?.sent.flavor.sizeGb ?? recycled?.volume_gb ?? 0;
  const parameters = (recycled?.parameters ?? {}) as ParameterValues;
  return { origin, parameters, source: { mode: backup.instance_mode, version: backup.datastore_version, volumeGb } };
}

function originOf(point: Readonly<Record<string, unknown>>): RestoreOrigin {
  // An empty text is the same as none.
  const type = point['type'] || 'backup';
  if (type === 'timestamp') {
    const instanceId = point['instance_id'];
    if (typeof instanceId !== 'string') throw new LarderError('malformed-request', 'restore_point.instance_id is needed.');
    const time = parseRestoreTime(point['restore_time']);
    if (time === null) throw new LarderError('invalid-date', 'restore_point.restore_time must be milliseconds since 1970.');
    return { moment: { instanceId: checkInstanceId(instanceId), point: pointOfMilliseconds(time.getTime()) } };
  }
  if (type !== 'backup') throw new LarderError('malformed-request', 'restore_point.type must be backup or timestamp.');
  const backupId = point['backup_id'];
  if (typeof backupId !== 'string') throw new LarderError('malformed-request', 'restore_point.backup_id is needed.');
  return { backupId };
}
