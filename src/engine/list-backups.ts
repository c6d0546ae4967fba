import { backupFromRow } from './backup-from-row.ts';
import type { EngineDeps } from './engine-deps.ts';
import { findBackup } from './find-backup.ts';
import { findPolicyRows } from './policy-row.ts';
import type { Backup, BackupFilter, Caller, Rows } from './use-cases.ts';

/** UseCases.listBackups. A marker that is no backup of the project has no rows after it. */
export async function listBackups(deps: EngineDeps, caller: Caller, filter: BackupFilter): Promise<Rows<Backup>> {
  const { db } = deps.catalog;
  if (filter.backupId !== undefined) await findBackup(db, caller.projectId, filter.backupId);

  let matching = db.selectFrom('backups').where('project_id', '=', caller.projectId);
  if (filter.backupId !== undefined) matching = matching.where('id', '=', filter.backupId);
  if (filter.instanceId !== undefined) matching = matching.where('instance_id', '=', filter.instanceId);
  if (filter.type !== undefined) matching = matching.where('type', '=', filter.type);
  if (filter.mode !== undefined) matching = matching.where('instance_mode', '=', filter.mode);
  if (filter.begin !== undefined) matching = matching.where('begin_time', '>=', filter.begin);
  if (filter.end !== undefined) matching = matching.where('begin_time', '<', justAfterSecond(filter.end));

  const { total } = await matching.select((e) => e.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  let page = matching.selectAll().orderBy('begin_time', 'desc').orderBy('id', 'desc').limit(filter.limit).offset(filter.offset);
  const { marker } = filter;
  if (marker !== undefined) {
    page = page.where((e) =>
      e(
        e.refTuple('begin_time', 'id'),
        '<',
        e
          .selectFrom('backups as m')
          .select(['m.begin_time', 'm.id'])
          .where('m.id', '=', marker)
          .where('m.project_id', '=', caller.projectId)
          .$asTuple('begin_time', 'id'),
      ),
    );
  }
  const rows = await page.execute();
  const policies = await findPolicyRows(
    db,
    rows.map((row) => row.instance_id),
  );
  return { rows: rows.map((row) => backupFromRow(row, policies)), total };
}

/** Clients know begin times to the second, so "up to 12:00:05" must find what began in that second. */
function justAfterSecond(end: Date): Date {
  return new Date(Math.floor(end.getTime() / 1000) * 1000 + 1000);
}
