import { sql } from 'kysely';
import { backupFromRow } from './backup-from-row.ts';
import { findBackupSurroundings } from './backup-surroundings.ts';
import type { EngineDeps } from './engine-deps.ts';
import { findBackup } from './find-backup.ts';
import { pageOfRows } from './page-of-rows.ts';
import type { Backup, BackupFilter, BackupOrder, Caller, Rows } from './use-cases.ts';

const columns = {
  name: 'name',
  instanceName: 'instance_name',
  type: 'type',
  datastoreVersion: 'datastore_version',
  beginTime: 'begin_time',
  status: 'status',
} as const satisfies Record<BackupOrder['by'], string>;

const newestFirst: BackupOrder = { by: 'beginTime', descending: true };

/** UseCases.listBackups. A marker that is no backup of the project has no rows after it. */
export async function listBackups(deps: EngineDeps, caller: Caller, filter: BackupFilter): Promise<Rows<Backup>> {
  const { db } = deps.catalog;
  if (filter.backupId !== undefined) await findBackup(db, caller.projectId, filter.backupId);

  let matching = db.selectFrom('backups').where('project_id', '=', caller.projectId);
  if (filter.backupId !== undefined) matching = matching.where('id', '=', filter.backupId);
  if (filter.instanceId !== undefined) matching = matching.where('instance_id', '=', filter.instanceId);
  if (filter.type !== undefined) matching = matching.where('type', '=', filter.type);
  if (filter.mode !== undefined) matching = matching.where('instance_mode', '=', filter.mode);
  if (filter.status !== undefined) matching = matching.where('status', '=', filter.status);
  if (filter.begin !== undefined) matching = matching.where('begin_time', '>=', filter.begin);
  if (filter.end !== undefined) matching = matching.where('begin_time', '<', justAfterSecond(filter.end));
  const parts = [
    ['name', filter.namePart],
    ['description', filter.descriptionPart],
    ['instance_name', filter.instanceNamePart],
  ] as const;
  for (const [column, part] of parts) {
    if (part !== undefined) matching = matching.where(sql<boolean>`strpos(${sql.ref(column)}, ${part}) > 0`);
  }

  const { by, descending } = filter.order ?? newestFirst;
  const page = { ...filter, column: columns[by], descending, projectId: caller.projectId };
  const { rows, total } = await pageOfRows('backups', matching, page);
  const around = await findBackupSurroundings(
    db,
    rows.map((row) => row.instance_id),
  );
  return { rows: rows.map((row) => backupFromRow(row, around)), total };
}

/** Clients know begin times to the second, so "up to 12:00:05" must find what began in that second. */
function justAfterSecond(end: Date): Date {
  return new Date(Math.floor(end.getTime() / 1000) * 1000 + 1000);
}
