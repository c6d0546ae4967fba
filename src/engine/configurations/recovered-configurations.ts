import type { CatalogTransaction } from '../../catalog/schema.ts';
import type { Repository } from '../../repository/port.ts';
import { readRecords, type ConfigurationRecord, type ConfigurationUseRecord, type ParameterChangeRecord } from '../records.ts';

type Found<R> = { readonly id: string; readonly record: R };

/** What the repository keeps of parameter templates, and of the parameters of instances. */
export interface RecoveredConfigurations {
  readonly templates: readonly Found<ConfigurationRecord>[];
  readonly changes: readonly Found<ParameterChangeRecord>[];
  readonly uses: readonly Found<ConfigurationUseRecord>[];
}

export async function readConfigurations(repository: Repository): Promise<RecoveredConfigurations> {
  return {
    templates: await readRecords(repository, 'configuration'),
    changes: await readRecords(repository, 'parameter-change'),
    uses: await readRecords(repository, 'configuration-use'),
  };
}

/** Templates as they were, with what was changed in them and to which instances they were applied. What is of something that is gone stays away. */
export async function insertConfigurations(
  trx: CatalogTransaction,
  { templates, changes, uses }: RecoveredConfigurations,
  { projectIds, instanceIds }: { readonly projectIds: ReadonlySet<string>; readonly instanceIds: ReadonlySet<string> },
): Promise<void> {
  const templateIds = new Set<string>();
  for (const { id, record } of templates) {
    if (!projectIds.has(record.projectId)) continue;
    templateIds.add(id);
    await insertTemplate(trx, id, record);
  }
  for (const { id, record } of changes) {
    const { projectId, configurationId, instanceId } = record;
    const there = configurationId === null ? instanceIds.has(instanceId ?? '') : templateIds.has(configurationId);
    if (projectIds.has(projectId) && there) await insertChange(trx, id, record);
  }
  for (const { id, record } of uses) {
    // A template with the defaults has no record and is always there.
    if (projectIds.has(record.projectId)) await insertUse(trx, id, record);
  }
}

async function insertTemplate(trx: CatalogTransaction, id: string, record: ConfigurationRecord): Promise<void> {
  const { projectId, name, description, version, nodeType, parameters, created, updated } = record;
  await trx
    .insertInto('configurations')
    .values({
      id,
      project_id: projectId,
      name,
      description,
      version,
      node_type: nodeType,
      parameters: JSON.stringify(parameters),
      created: new Date(created),
      updated: new Date(updated),
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

async function insertChange(trx: CatalogTransaction, id: string, record: ParameterChangeRecord): Promise<void> {
  await trx
    .insertInto('parameter_changes')
    .values({
      id,
      project_id: record.projectId,
      configuration_id: record.configurationId,
      instance_id: record.instanceId,
      parameter: record.parameter,
      old_value: record.before,
      new_value: record.after,
      changed: new Date(record.changed),
      applied: record.applied === null ? null : new Date(record.applied),
    })
    .execute();
}

async function insertUse(trx: CatalogTransaction, id: string, record: ConfigurationUseRecord): Promise<void> {
  await trx
    .insertInto('configuration_uses')
    .values({
      id,
      project_id: record.projectId,
      configuration_id: record.configurationId,
      instance_id: record.instanceId,
      instance_name: record.instanceName,
      applied: new Date(record.applied),
      failure: record.failure,
    })
    .execute();
}
