import type { CatalogHandle, CatalogTransaction, RecycledInstancesTable } from '../../catalog/schema.ts';
import type { Insertable } from 'kysely';
import { datastoreVersion } from '../../core/datastore-version.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { ownOf, type InstanceRow } from '../instance-from-row.ts';
import { putRecord, type RecycledInstanceRecord } from '../records.ts';
import type { Caller, InstanceMode, Page, Rows } from '../use-cases.ts';

const day = 86_400_000;
/** Unless the project says otherwise. */
const defaultRecycleDays = 7;
/** More than that are not kept: the deletion is final. */
const mostRecycled = 100;

/** What stays of an instance that is being deleted, as its job is told. */
export interface Recycling {
  readonly backupId: string;
  readonly days: number;
}

/** A deleted instance that can come back. */
export interface RecycledInstance {
  readonly id: string;
  readonly name: string;
  readonly mode: InstanceMode;
  readonly version: string;
  readonly enterpriseProjectId: string;
  readonly backupId: string;
  readonly created: Date;
  readonly deleted: Date;
  readonly retainedUntil: Date;
}

/**
 * What will stay of the instance: its newest COMPLETED backup. null where it never had one, is not Larder's own, or the project's bin is
 * full. Part of the transaction in which the deletion begins.
 */
export async function planRecycling(deps: EngineDeps, trx: CatalogTransaction, row: InstanceRow): Promise<Recycling | null> {
  if (ownOf(row) === null) return null;
  const backup = await trx
    .selectFrom('backups')
    .select('id')
    .where('instance_id', '=', row.id)
    .where('status', '=', 'COMPLETED')
    .orderBy('begin_time', 'desc')
    .executeTakeFirst();
  if (backup === undefined) return null;
  const { total } = await trx
    .selectFrom('recycled_instances')
    .select((e) => e.fn.countAll<number>().as('total'))
    .where('project_id', '=', row.project_id)
    .where('retained_until', '>', deps.clock.now())
    .executeTakeFirstOrThrow();
  if (total >= mostRecycled) return null;
  return { backupId: backup.id, days: await recycleDays(trx, row.project_id) };
}

/** Puts what is left of the instance into the bin, and lets an automated backup live as long as that. Nothing if the backup is gone. */
export async function recycle(
  deps: Pick<EngineDeps, 'repository'>,
  trx: CatalogTransaction,
  row: InstanceRow,
  { backupId, days, now }: Recycling & { readonly now: Date },
): Promise<void> {
  const retainedUntil = new Date(now.getTime() + days * day);
  const backup = await trx.selectFrom('backups').selectAll().where('id', '=', backupId).executeTakeFirst();
  if (backup === undefined || backup.status !== 'COMPLETED') return;
  const keepDays = backup.type === 'Auto' ? Math.ceil((retainedUntil.getTime() - backup.begin_time.getTime()) / day) : null;
  const { sent, servers } = ownOf(row)!;
  const values = {
    project_id: row.project_id,
    name: row.name,
    mode: row.mode,
    version: datastoreVersion(row.server_version),
    enterprise_project_id: sent.enterpriseProjectId,
    volume_gb: sent.flavor.sizeGb,
    parameters: JSON.stringify(servers.parameters),
    backup_id: backupId,
    created: row.created,
    deleted: now,
    retained_until: retainedUntil,
  };
  const record: RecycledInstanceRecord = {
    projectId: values.project_id,
    name: values.name,
    mode: values.mode,
    version: values.version,
    enterpriseProjectId: values.enterprise_project_id,
    volumeGb: values.volume_gb,
    parameters: servers.parameters,
    backupId,
    keepDays,
    created: values.created.toISOString(),
    deleted: now.toISOString(),
    retainedUntil: retainedUntil.toISOString(),
  };
  await putRecord(deps.repository, 'recycled-instance', row.id, record);
  await insertRecycled(trx, row.id, values, keepDays);
}

/** The row, and the days of its backup where that is an automated one. */
export async function insertRecycled(
  trx: CatalogTransaction,
  id: string,
  values: Omit<Insertable<RecycledInstancesTable>, 'id'>,
  keepDays: number | null,
): Promise<void> {
  await trx
    .insertInto('recycled_instances')
    .values({ id, ...values })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  if (keepDays !== null) {
    await trx.updateTable('backups').set({ keep_days: keepDays }).where('id', '=', values.backup_id).execute();
  }
}

/** Instances.listRecycled. */
export async function listRecycled(
  deps: EngineDeps,
  caller: Caller,
  { offset, limit }: Pick<Page, 'offset' | 'limit'>,
): Promise<Rows<RecycledInstance>> {
  const matching = deps.catalog.db
    .selectFrom('recycled_instances')
    .where('project_id', '=', caller.projectId)
    .where('retained_until', '>', deps.clock.now());
  const { total } = await matching.select((e) => e.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  const rows = await matching.selectAll().orderBy('deleted', 'desc').orderBy('id', 'desc').limit(limit).offset(offset).execute();
  return {
    rows: rows.map((row) => ({
      id: row.id,
      name: row.name,
      mode: row.mode as InstanceMode,
      version: row.version,
      enterpriseProjectId: row.enterprise_project_id,
      backupId: row.backup_id,
      created: row.created,
      deleted: row.deleted,
      retainedUntil: row.retained_until,
    })),
    total,
  };
}

/** Instances.recycleDays. */
export async function recycleDays(db: CatalogHandle, projectId: string): Promise<number> {
  const row = await db.selectFrom('recycle_policies').select('days').where('project_id', '=', projectId).executeTakeFirst();
  return row?.days ?? defaultRecycleDays;
}

/** Instances.setRecycleDays. */
export async function setRecycleDays(deps: EngineDeps, { projectId }: Caller, days: number): Promise<void> {
  await deps.catalog.db.transaction().execute(async (trx) => {
    await trx
      .insertInto('recycle_policies')
      .values({ project_id: projectId, days })
      .onConflict((conflict) => conflict.column('project_id').doUpdateSet({ days }))
      .execute();
    await putRecord(deps.repository, 'recycle-policy', projectId, { days });
  });
}

/** Forgets what is in no bin any more. Its backup goes with its days, or stays where somebody made it. */
export async function emptyRecycleBin(deps: Pick<EngineDeps, 'catalog' | 'repository' | 'clock'>): Promise<void> {
  const { db } = deps.catalog;
  const over = await db.selectFrom('recycled_instances').select('id').where('retained_until', '<=', deps.clock.now()).execute();
  for (const { id } of over) {
    await deps.repository.records.delete('recycled-instance', id);
    await db.deleteFrom('recycled_instances').where('id', '=', id).execute();
  }
}
