import type { CatalogTransaction, InstancesTable } from '../catalog/schema.ts';
import type { Tag } from '../core/own-instance.ts';
import type { Insertable, Updateable } from 'kysely';
import type { EngineDeps } from './engine-deps.ts';
import { ownOf, type InstanceRow } from './instance-from-row.ts';
import { putRecord, type InstanceRecord } from './records.ts';
import type { InstanceMode, InstanceNode } from './use-cases.ts';

/** What the repository keeps of an instance. */
export function instanceRecord(row: InstanceRow): InstanceRecord {
  return {
    projectId: row.project_id,
    name: row.name,
    mode: row.mode as InstanceMode,
    sealedUri: row.sealed_uri,
    address: row.address,
    serverVersion: row.server_version,
    setName: row.set_name,
    tls: row.tls,
    nodes: row.nodes as readonly InstanceNode[],
    holdsUserData: row.holds_user_data,
    lock: row.lock,
    rateMbPerS: row.rate_mb_per_s,
    own: ownOf(row),
    tags: row.tags as readonly Tag[],
    created: row.created.toISOString(),
  };
}

/** The row of an instance that was just found, or is known from its record alone; asked when it was `probed`, and nothing runs on it. */
export function rowOfRecord(id: string, record: InstanceRecord, { status, probed }: { status: string; probed: Date }) {
  const created = new Date(record.created);
  return {
    id,
    project_id: record.projectId,
    name: record.name,
    mode: record.mode,
    status,
    action: null,
    action_job_id: null,
    sealed_uri: record.sealedUri,
    address: record.address,
    server_version: record.serverVersion,
    set_name: record.setName,
    tls: record.tls,
    nodes: JSON.stringify(record.nodes),
    holds_user_data: record.holdsUserData,
    lock: record.lock ?? false,
    rate_mb_per_s: record.rateMbPerS ?? null,
    own: record.own === undefined || record.own === null ? null : JSON.stringify(record.own),
    tags: JSON.stringify(record.tags ?? []),
    probed,
    created,
    updated: created,
  } satisfies Insertable<InstancesTable>;
}

/**
 * Changes the row of an instance and writes its record, the row locked until the repository has it: the last of two changes is the last in
 * both. The change is computed from the row as it is then; undefined where the instance is gone meanwhile.
 */
export async function writeInstance(
  deps: Pick<EngineDeps, 'repository' | 'clock'>,
  trx: CatalogTransaction,
  instanceId: string,
  change: (row: InstanceRow) => Updateable<InstancesTable>,
): Promise<InstanceRow | undefined> {
  const before = await trx.selectFrom('instances').selectAll().where('id', '=', instanceId).forUpdate().executeTakeFirst();
  if (before === undefined) return undefined;
  const changed = await trx
    .updateTable('instances')
    .set({ ...change(before), updated: deps.clock.now() })
    .where('id', '=', instanceId)
    .returningAll()
    .executeTakeFirstOrThrow();
  await putRecord(deps.repository, 'instance', instanceId, instanceRecord(changed));
  return changed;
}
