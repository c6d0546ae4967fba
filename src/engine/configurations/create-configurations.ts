import { nodeTypeOf } from '../../core/configuration-rules.ts';
import { datastoreVersion } from '../../core/datastore-version.ts';
import { LarderError } from '../../core/errors.ts';
import { checkInstanceId } from '../../core/ids.ts';
import { effectiveValues, parameterChanges } from '../../core/server-parameters.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { findInstance } from '../find-instance.ts';
import { ownOf } from '../instance-from-row.ts';
import type { RefreshInstance } from '../refresh-instance.ts';
import type { Caller, Page } from '../use-cases.ts';
import { beginApply, beginSetParameters, checkEntity } from './begin-parameters.ts';
import {
  copyConfiguration,
  createConfiguration,
  isNameTaken,
  removeConfiguration,
  resetConfiguration,
  updateConfiguration,
} from './change-configuration.ts';
import type { Configurations } from './configurations.ts';
import { configurationFromRow, defaultConfigurations, findConfiguration } from './find-configuration.ts';
import { listChanges, listUses } from './parameter-history.ts';
import { readParameters } from './set-parameters.ts';

/** A connection to a server that answers takes no longer. */
const askingLimitMs = 20_000;

type RowPage = Pick<Page, 'offset' | 'limit'>;

/** The use cases of parameter templates over what they stand on. */
export function createConfigurations(deps: EngineDeps, refresh: RefreshInstance): Configurations {
  const { db } = deps.catalog;
  const parametersOfInstance: Configurations['parametersOf'] = async ({ projectId }, instanceId, entityId) => {
    checkInstanceId(instanceId);
    const row = checkEntity(await findInstance(db, projectId, instanceId), entityId);
    const version = datastoreVersion(row.server_version);
    const own = ownOf(row);
    const values =
      own === null
        ? await readParameters(deps, row, AbortSignal.timeout(askingLimitMs))
        : effectiveValues(own.servers.parameters, version);
    return { version, nodeType: nodeTypeOf(row.mode)!, values, created: row.created, updated: row.updated };
  };
  return {
    list: (caller, page) => list(deps, caller, page),
    show: ({ projectId }, id) => findConfiguration(db, projectId, id),
    async create(caller, sent) {
      const { entityId = null } = sent;
      if (entityId === null || entityId === '') return createConfiguration(deps, caller, sent);
      const instanceId = checkInstanceId(entityId);
      const { version, nodeType, values } = await parametersOfInstance(caller, instanceId, instanceId);
      const added = sent.values ?? {};
      return createConfiguration(deps, caller, { ...sent, version, nodeType, values: { ...values, ...added } });
    },
    copy: (caller, id, sent) => copyConfiguration(deps, caller, id, sent),
    update: (caller, id, sent) => updateConfiguration(deps, caller, id, sent),
    reset: (caller, id) => resetConfiguration(deps, caller, id),
    remove: (caller, id) => removeConfiguration(deps, caller, id),
    async compare({ projectId }, sourceId, targetId) {
      const source = await findConfiguration(db, projectId, sourceId);
      const target = await findConfiguration(db, projectId, targetId);
      if (source.version !== target.version || source.nodeType !== target.nodeType) {
        throw new LarderError('malformed-request', 'The templates are for servers of different types or versions.');
      }
      return parameterChanges(source.values, target.values, source.version).map(({ parameter, before, after }) => ({
        parameter: parameter.name,
        source: before,
        target: after,
      }));
    },
    nameIsTaken: ({ projectId }, name) => isNameTaken(db, projectId, name),
    applicableInstances: (caller, id, page) => applicableInstances(deps, caller, id, page),
    async changesOf({ projectId }, id, page) {
      await findConfiguration(db, projectId, id);
      return listChanges(db, { configurationId: id }, page);
    },
    async usesOf({ projectId }, id, page) {
      await findConfiguration(db, projectId, id);
      return listUses(db, { projectId, configurationId: id }, page);
    },
    apply: (caller, id, instanceIds) => beginApply(deps, refresh, caller, id, instanceIds),
    parametersOf: parametersOfInstance,
    setParameters: (caller, instanceId, sent) => beginSetParameters(deps, refresh, caller, instanceId, sent),
    async changesOfInstance({ projectId }, instanceId, entityId, page) {
      checkInstanceId(instanceId);
      checkEntity(await findInstance(db, projectId, instanceId), entityId);
      return listChanges(db, { instanceId }, page);
    },
  };
}

async function list(deps: EngineDeps, { projectId }: Caller, { offset, limit }: RowPage): ReturnType<Configurations['list']> {
  // At most a hundred of one's own and a dozen others.
  const rows = await deps.catalog.db
    .selectFrom('configurations')
    .selectAll()
    .where('project_id', '=', projectId)
    .orderBy('name')
    .execute();
  const all = [...defaultConfigurations, ...rows.map(configurationFromRow)];
  return { rows: all.slice(offset, offset + limit), total: all.length };
}

async function applicableInstances(
  deps: EngineDeps,
  { projectId }: Caller,
  id: string,
  { offset, limit }: RowPage,
): ReturnType<Configurations['applicableInstances']> {
  const { db } = deps.catalog;
  const { version, nodeType } = await findConfiguration(db, projectId, id);
  const matching = db
    .selectFrom('instances')
    .where('project_id', '=', projectId)
    .where('mode', '=', nodeType === 'replica' ? 'ReplicaSet' : 'Single')
    .where((e) => e.or([e('server_version', '=', version), e('server_version', 'like', `${version}.%`)]));
  const { total } = await matching.select((e) => e.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  const rows = await matching.select(['id', 'name']).orderBy('name').orderBy('id').limit(limit).offset(offset).execute();
  return { rows, total };
}
