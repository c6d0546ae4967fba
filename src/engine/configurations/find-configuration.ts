import { createHash } from 'node:crypto';
import type { Selectable } from 'kysely';
import type { CatalogHandle, ConfigurationsTable } from '../../catalog/schema.ts';
import { configurationVersions, type ConfigurationNodeType } from '../../core/configuration-rules.ts';
import { LarderError } from '../../core/errors.ts';
import { idFrom } from '../../core/ids.ts';
import type { ParameterValues } from '../../core/server-parameters.ts';
import type { Configuration } from './configurations.ts';

export type ConfigurationRow = Selectable<ConfigurationsTable>;

const nodeTypes = { replica: 'Replica-Set', single: 'Single' } as const satisfies Record<ConfigurationNodeType, string>;

/** One for each kind of server, the same in every installation. They have no row. */
export const defaultConfigurations: readonly Configuration[] = configurationVersions.flatMap((version) =>
  (['replica', 'single'] as const).map((nodeType) => ({
    id: idFrom('configuration', createHash('sha256').update(`default ${version} ${nodeType}`).digest('hex').slice(0, 32)),
    name: `Default-DDS-${version}-${nodeTypes[nodeType]}`,
    description: 'The defaults of the server',
    version,
    nodeType,
    values: {},
    created: new Date(0),
    updated: new Date(0),
    userDefined: false,
  })),
);

export function configurationFromRow(row: ConfigurationRow): Configuration {
  const { id, name, description, version, created, updated } = row;
  const nodeType = row.node_type as ConfigurationNodeType;
  const values = row.parameters as ParameterValues;
  return { id, name, description, version, nodeType, values, created, updated, userDefined: true };
}

const notFound = (): LarderError => new LarderError('configuration-not-found', 'The parameter template does not exist.');

/** The project's template, or one with the defaults. `configuration-not-found`, also for one of another project. */
export async function findConfiguration(db: CatalogHandle, projectId: string, id: string): Promise<Configuration> {
  const fixed = defaultConfigurations.find((one) => one.id === id);
  if (fixed !== undefined) return fixed;
  const query = db.selectFrom('configurations').selectAll().where('id', '=', id).where('project_id', '=', projectId);
  const row = await query.executeTakeFirst();
  if (row === undefined) throw notFound();
  return configurationFromRow(row);
}

/** The same, for one that can be applied to these servers only. */
export async function findFittingConfiguration(
  db: CatalogHandle,
  projectId: string,
  id: string,
  { version, nodeType }: { readonly version: string; readonly nodeType: ConfigurationNodeType | null },
): Promise<Configuration> {
  const found = await findConfiguration(db, projectId, id);
  if (found.version === version && found.nodeType === nodeType) return found;
  throw new LarderError(
    'configuration-not-found',
    `The template is for servers of type ${found.nodeType} and version ${found.version}.`,
  );
}

/** One of the project's own, its row locked. `operation-illegal` for one with the defaults. */
export async function lockOwnConfiguration(trx: CatalogHandle, projectId: string, id: string): Promise<ConfigurationRow> {
  if (defaultConfigurations.some((one) => one.id === id)) {
    throw new LarderError('operation-illegal', 'A template with the defaults cannot be changed; copy it.');
  }
  const query = trx.selectFrom('configurations').selectAll().where('id', '=', id).where('project_id', '=', projectId);
  const row = await query.forUpdate().executeTakeFirst();
  if (row === undefined) throw notFound();
  return row;
}
