import { randomUUID } from 'node:crypto';
import type { CatalogHandle } from '../../catalog/schema.ts';
import type { ParameterChange } from '../../core/server-parameters.ts';
import type { Page, Rows } from '../use-cases.ts';
import type { ConfigurationUse, ParameterChangeEntry } from './configurations.ts';

/** What was changed: a template or an instance. */
export type ChangedSubject = { readonly configurationId: string } | { readonly instanceId: string };

/** Keeps what was changed. `applied` says of each change whether it is in force at once. */
export async function noteChanges(
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
}

/** All servers of the instance were started anew: what waited for that is in force. */
export async function noteRestart(db: CatalogHandle, instanceId: string, now: Date): Promise<void> {
  await db
    .updateTable('parameter_changes')
    .set({ applied: now })
    .where('instance_id', '=', instanceId)
    .where('applied', 'is', null)
    .execute();
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
  trx: CatalogHandle,
  use: ConfigurationUse & { readonly projectId: string; readonly configurationId: string },
): Promise<void> {
  await trx
    .insertInto('configuration_uses')
    .values({
      id: randomUUID(),
      project_id: use.projectId,
      configuration_id: use.configurationId,
      instance_id: use.instanceId,
      instance_name: use.instanceName,
      applied: use.applied,
      failure: use.failure,
    })
    .execute();
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
