import { randomUUID } from 'node:crypto';
import type { Selectable } from 'kysely';
import type { CatalogHandle, ConfigurationUsesTable, ParameterChangesTable } from '../../catalog/schema.ts';
import type { ParameterChange } from '../../core/server-parameters.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { putRecord } from '../records.ts';
import type { Page, Rows } from '../use-cases.ts';
import type { ConfigurationUse, ParameterChangeEntry } from './configurations.ts';

/** What was changed: a template or an instance. */
export type ChangedSubject = { readonly configurationId: string } | { readonly instanceId: string };

type HistoryDeps = Pick<EngineDeps, 'repository'>;

/** Keeps what was changed, in the repository too. `applied` says of each change whether it is in force at once. */
export async function noteChanges(
  deps: HistoryDeps,
  trx: CatalogHandle,
  projectId: string,
  subject: ChangedSubject,
  changes: readonly ParameterChange[],
  { now, applied }: { readonly now: Date; readonly applied: (change: ParameterChange) => boolean },
): Promise<void> {
  if (changes.length === 0) return;
  const rows = changes.map((change) => ({
    id: randomUUID(),
    project_id: projectId,
    configuration_id: 'configurationId' in subject ? subject.configurationId : null,
    instance_id: 'instanceId' in subject ? subject.instanceId : null,
    parameter: change.parameter.name,
    old_value: change.before,
    new_value: change.after,
    changed: now,
    applied: applied(change) ? now : null,
  }));
  await trx.insertInto('parameter_changes').values(rows).execute();
  for (const row of rows) await recordChange(deps, row);
}

/** All servers of the instance were started anew: what waited for that is in force. */
export async function noteRestart(deps: HistoryDeps, db: CatalogHandle, instanceId: string, now: Date): Promise<void> {
  const rows = await db
    .updateTable('parameter_changes')
    .set({ applied: now })
    .where('instance_id', '=', instanceId)
    .where('applied', 'is', null)
    .returningAll()
    .execute();
  for (const row of rows) await recordChange(deps, row);
}

/** What is gone has no history: that of an instance goes with it, that of a template too, with where it was applied. */
export async function forgetHistory(deps: HistoryDeps, trx: CatalogHandle, subject: ChangedSubject): Promise<void> {
  const forget = async (kind: 'parameter-change' | 'configuration-use', rows: readonly { readonly id: string }[]) => {
    for (const { id } of rows) await deps.repository.records.delete(kind, id);
  };
  if ('instanceId' in subject) {
    const changes = trx.deleteFrom('parameter_changes').where('instance_id', '=', subject.instanceId);
    return forget('parameter-change', await changes.returning('id').execute());
  }
  const { configurationId } = subject;
  const changes = trx.deleteFrom('parameter_changes').where('configuration_id', '=', configurationId);
  await forget('parameter-change', await changes.returning('id').execute());
  const uses = trx.deleteFrom('configuration_uses').where('configuration_id', '=', configurationId);
  await forget('configuration-use', await uses.returning('id').execute());
}

/** The changes of a template or an instance, newest first. */
export async function listChanges(
  db: CatalogHandle,
  subject: ChangedSubject,
  { offset, limit }: Pick<Page, 'offset' | 'limit'>,
): Promise<Rows<ParameterChangeEntry>> {
  const all = db.selectFrom('parameter_changes');
  const matching =
    'configurationId' in subject
      ? all.where('configuration_id', '=', subject.configurationId)
      : all.where('instance_id', '=', subject.instanceId);
  const { total } = await matching.select((e) => e.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  const rows = await matching
    .selectAll()
    .orderBy('changed', 'desc')
    .orderBy('parameter')
    .orderBy('id')
    .limit(limit)
    .offset(offset)
    .execute();
  return {
    rows: rows.map((row) => ({
      parameter: row.parameter,
      before: row.old_value,
      after: row.new_value,
      changed: row.changed,
      applied: row.applied,
    })),
    total,
  };
}

/** A template was applied to an instance, or could not be. */
export async function noteUse(
  deps: HistoryDeps,
  trx: CatalogHandle,
  use: ConfigurationUse & { readonly projectId: string; readonly configurationId: string },
): Promise<void> {
  const row = {
    id: randomUUID(),
    project_id: use.projectId,
    configuration_id: use.configurationId,
    instance_id: use.instanceId,
    instance_name: use.instanceName,
    applied: use.applied,
    failure: use.failure,
  };
  await trx.insertInto('configuration_uses').values(row).execute();
  await recordUse(deps, row);
}

/** To which instances of the project a template was applied, newest first. */
export async function listUses(
  db: CatalogHandle,
  { projectId, configurationId }: { readonly projectId: string; readonly configurationId: string },
  { offset, limit }: Pick<Page, 'offset' | 'limit'>,
): Promise<Rows<ConfigurationUse>> {
  const matching = db
    .selectFrom('configuration_uses')
    .where('configuration_id', '=', configurationId)
    .where('project_id', '=', projectId);
  const { total } = await matching.select((e) => e.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  const rows = await matching.selectAll().orderBy('applied', 'desc').orderBy('id').limit(limit).offset(offset).execute();
  return {
    rows: rows.map((row) => ({
      instanceId: row.instance_id,
      instanceName: row.instance_name,
      applied: row.applied,
      failure: row.failure,
    })),
    total,
  };
}

function recordChange({ repository }: HistoryDeps, row: Selectable<ParameterChangesTable>): Promise<void> {
  return putRecord(repository, 'parameter-change', row.id, {
    projectId: row.project_id,
    configurationId: row.configuration_id,
    instanceId: row.instance_id,
    parameter: row.parameter,
    before: row.old_value,
    after: row.new_value,
    changed: row.changed.toISOString(),
    applied: row.applied?.toISOString() ?? null,
  });
}

function recordUse({ repository }: HistoryDeps, row: Selectable<ConfigurationUsesTable>): Promise<void> {
  return putRecord(repository, 'configuration-use', row.id, {
    projectId: row.project_id,
    configurationId: row.configuration_id,
    instanceId: row.instance_id,
    instanceName: row.instance_name,
    applied: row.applied.toISOString(),
    failure: row.failure,
  });
}
