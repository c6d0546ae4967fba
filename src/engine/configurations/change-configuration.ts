import type { CatalogTransaction } from '../../catalog/schema.ts';
import {
  checkConfigurationDescription,
  checkConfigurationKind,
  checkConfigurationName,
  mostConfigurations,
  type ConfigurationNodeType,
} from '../../core/configuration-rules.ts';
import { LarderError } from '../../core/errors.ts';
import { checkParameterValues, parameterChanges, type ParameterValues } from '../../core/server-parameters.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { newId } from '../new-id.ts';
import { putRecord } from '../records.ts';
import type { Caller } from '../use-cases.ts';
import type { Configuration, Configurations, NewConfiguration } from './configurations.ts';
import {
  configurationFromRow,
  defaultConfigurations,
  findConfiguration,
  lockOwnConfiguration,
  type ConfigurationRow,
} from './find-configuration.ts';
import { forgetHistory, noteChanges } from './parameter-history.ts';

interface Draft {
  readonly name: string;
  readonly description: string;
  readonly nodeType: ConfigurationNodeType;
  readonly version: string;
  readonly values: ParameterValues;
}

/** Configurations.create. */
export function createConfiguration(deps: EngineDeps, caller: Caller, sent: NewConfiguration): Promise<Configuration> {
  const name = checkConfigurationName(sent.name);
  const description = checkConfigurationDescription(sent.description);
  const { nodeType, version } = checkConfigurationKind(sent.nodeType, sent.version);
  return insert(deps, caller, { name, description, nodeType, version, values: checkParameterValues(sent.values, version) });
}

/** Configurations.copy. */
export async function copyConfiguration(
  deps: EngineDeps,
  caller: Caller,
  id: string,
  sent: Pick<NewConfiguration, 'name' | 'description'>,
): Promise<Configuration> {
  const { nodeType, version, values } = await findConfiguration(deps.catalog.db, caller.projectId, id);
  const name = checkConfigurationName(sent.name);
  return insert(deps, caller, {
    name,
    description: checkConfigurationDescription(sent.description),
    nodeType,
    version,
    values,
  });
}

async function insert(deps: EngineDeps, caller: Caller, draft: Draft): Promise<Configuration> {
  const { projectId } = caller;
  const now = deps.clock.now();
  const id = newId('configuration');
  const row = await deps.catalog.db.transaction().execute(async (trx) => {
    // Of two at the same time the second sees what the first did.
    await trx.selectFrom('projects').select('id').where('id', '=', projectId).forUpdate().executeTakeFirst();
    const { total } = await trx
      .selectFrom('configurations')
      .select((e) => e.fn.countAll<number>().as('total'))
      .where('project_id', '=', projectId)
      .executeTakeFirstOrThrow();
    if (total >= mostConfigurations) {
      throw new LarderError('operation-illegal', `A project has at most ${mostConfigurations} templates of its own.`);
    }
    await refuseTakenName(trx, projectId, draft.name);
    const inserted = await trx
      .insertInto('configurations')
      .values({
        id,
        project_id: projectId,
        name: draft.name,
        description: draft.description,
        version: draft.version,
        node_type: draft.nodeType,
        parameters: JSON.stringify(draft.values),
        created: now,
        updated: now,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    await record(deps, inserted);
    return inserted;
  });
  deps.log.info({ configurationId: id, by: caller.userName }, 'parameter template made');
  return configurationFromRow(row);
}

/** Configurations.update. */
export async function updateConfiguration(
  deps: EngineDeps,
  { projectId }: Caller,
  id: string,
  sent: Parameters<Configurations['update']>[2],
): Promise<void> {
  await deps.catalog.db.transaction().execute(async (trx) => {
    const row = await lockOwnConfiguration(trx, projectId, id);
    const before = row.parameters as ParameterValues;
    const values = { ...before, ...checkParameterValues(sent.values, row.version) };
    const name = sent.name === undefined || sent.name === null ? row.name : checkConfigurationName(sent.name);
    const { description: text } = sent;
    const description = text === undefined || text === null ? row.description : checkConfigurationDescription(text);
    if (name !== row.name) await refuseTakenName(trx, projectId, name);
    await write(deps, trx, row, { name, description, values });
  });
}

/** Configurations.reset. */
export async function resetConfiguration(deps: EngineDeps, { projectId }: Caller, id: string): Promise<void> {
  await deps.catalog.db.transaction().execute(async (trx) => {
    const row = await lockOwnConfiguration(trx, projectId, id);
    await write(deps, trx, row, { name: row.name, description: row.description, values: {} });
  });
}

/** Configurations.remove. */
export async function removeConfiguration(deps: EngineDeps, caller: Caller, id: string): Promise<void> {
  await deps.catalog.db.transaction().execute(async (trx) => {
    await lockOwnConfiguration(trx, caller.projectId, id);
    const applying = await trx
      .selectFrom('jobs')
      .select('request')
      .where('project_id', '=', caller.projectId)
      .where('kind', '=', 'change-instance')
      .where('status', '=', 'Running')
      .execute();
    if (applying.some(({ request }) => (request as { configurationId?: string }).configurationId === id)) {
      throw new LarderError('configuration-in-use', 'Delete it when that is done.');
    }
    await trx.deleteFrom('configurations').where('id', '=', id).execute();
    await forgetHistory(deps, trx, { configurationId: id });
    await deps.repository.records.delete('configuration', id);
  });
  deps.log.info({ configurationId: id, by: caller.userName }, 'parameter template deleted');
}

async function write(
  deps: EngineDeps,
  trx: CatalogTransaction,
  row: ConfigurationRow,
  { name, description, values }: Pick<Draft, 'name' | 'description' | 'values'>,
): Promise<void> {
  const now = deps.clock.now();
  const changes = parameterChanges(row.parameters as ParameterValues, values, row.version);
  await noteChanges(deps, trx, row.project_id, { configurationId: row.id }, changes, { now, applied: () => true });
  const changed = await trx
    .updateTable('configurations')
    .set({ name, description, parameters: JSON.stringify(values), updated: now })
    .where('id', '=', row.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  await record(deps, changed);
}

async function refuseTakenName(trx: CatalogTransaction, projectId: string, name: string): Promise<void> {
  if (await isNameTaken(trx, projectId, name)) {
    throw new LarderError('configuration-name-taken', 'Another template of the project has this name.');
  }
}

/** Configurations.nameIsTaken. */
export async function isNameTaken(db: CatalogTransaction | EngineDeps['catalog']['db'], projectId: string, name: string) {
  if (defaultConfigurations.some((one) => one.name === name)) return true;
  const query = db.selectFrom('configurations').select('id').where('project_id', '=', projectId).where('name', '=', name);
  return (await query.executeTakeFirst()) !== undefined;
}

function record(deps: EngineDeps, row: ConfigurationRow): Promise<void> {
  return putRecord(deps.repository, 'configuration', row.id, {
    projectId: row.project_id,
    name: row.name,
    description: row.description,
    version: row.version,
    nodeType: row.node_type,
    parameters: row.parameters as ParameterValues,
    created: row.created.toISOString(),
    updated: row.updated.toISOString(),
  });
}
