import { nodeTypeOf } from '../../core/configuration-rules.ts';
import { datastoreVersion } from '../../core/datastore-version.ts';
import { LarderError } from '../../core/errors.ts';
import { checkInstanceId } from '../../core/ids.ts';
import { checkParameterValues, parametersOf, type ParameterValues } from '../../core/server-parameters.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { findInstance } from '../find-instance.ts';
import { busy, notReady, takeInstance } from '../instance-action.ts';
import { ownOf, type InstanceRow } from '../instance-from-row.ts';
import { actionOf, jobNameOf, type InstanceChange } from '../instances/instance-change.ts';
import type { RefreshInstance } from '../refresh-instance.ts';
import { newJobId, startJob } from '../start-job.ts';
import type { Caller, InstanceMode } from '../use-cases.ts';
import type { Configurations } from './configurations.ts';
import { findFittingConfiguration } from './find-configuration.ts';
import { plannedParameters } from './set-parameters.ts';

/** The instance if the entity is it: only the parts of clusters are entities of their own. */
export function checkEntity(row: InstanceRow, entityId: string): InstanceRow {
  if (row.mode === 'Sharding') {
    throw new LarderError('unsupported-operation', 'Parameters of clusters can be neither shown nor changed.');
  }
  if (entityId !== row.id) throw new LarderError('node-not-found', 'entity_id must be the id of the instance.');
  return row;
}

/** Configurations.setParameters. */
export async function beginSetParameters(
  deps: EngineDeps,
  refresh: RefreshInstance,
  caller: Caller,
  instanceId: string,
  { entityId, values }: Parameters<Configurations['setParameters']>[2],
): ReturnType<Configurations['setParameters']> {
  checkInstanceId(instanceId);
  const row = checkEntity(await findInstance(deps.catalog.db, caller.projectId, instanceId), entityId);
  const checked = checkParameterValues(values, datastoreVersion(row.server_version));
  if (Object.keys(checked).length === 0) throw new LarderError('malformed-request', 'parameter_values must name a parameter.');
  refuseRestartOfOthers(row, checked);
  const own = ownOf(row);
  const changes = own === null ? [] : plannedParameters(own, { values: checked, configurationId: null }).changes;
  const jobId = await begin(deps, refresh, caller, [row], { what: 'parameters', values: checked });
  return { jobId, restartRequired: changes.some(({ parameter }) => parameter.restartRequired) };
}

/** Configurations.apply. */
export async function beginApply(
  deps: EngineDeps,
  refresh: RefreshInstance,
  caller: Caller,
  id: string,
  instanceIds: readonly string[],
): ReturnType<Configurations['apply']> {
  if (instanceIds.length === 0 || new Set(instanceIds).size < instanceIds.length) {
    throw new LarderError('malformed-request', 'entity_ids must name instances, each once.');
  }
  const { db } = deps.catalog;
  const rows: InstanceRow[] = [];
  let values: ParameterValues = {};
  for (const instanceId of instanceIds) {
    checkInstanceId(instanceId);
    const row = await findInstance(db, caller.projectId, instanceId);
    const kind = { version: datastoreVersion(row.server_version), nodeType: nodeTypeOf(row.mode) };
    ({ values } = await findFittingConfiguration(db, caller.projectId, id, kind));
    refuseRestartOfOthers(row, values);
    rows.push(row);
  }
  const places = new Set(rows.flatMap((row) => ownOf(row)?.servers.place ?? []));
  if (places.size > 1) {
    throw new LarderError(
      'operation-illegal',
      'The instances run under different servers of Larder: apply the template to each of them by itself.',
    );
  }
  // The job goes to the server of Larder that runs the instance it names.
  const ordered = rows.toSorted((a, b) => Number(ownOf(a) === null) - Number(ownOf(b) === null));
  const change: InstanceChange = {
    what: 'configuration',
    configurationId: id,
    values,
    instances: ordered.map(({ id: instanceId, name }) => ({ id: instanceId, name })),
  };
  return { jobId: await begin(deps, refresh, caller, ordered, change) };
}

/** Whoever runs the servers starts them anew; Larder cannot, and nothing would keep the value until then. */
function refuseRestartOfOthers(row: InstanceRow, values: ParameterValues): void {
  if (ownOf(row) !== null) return;
  const first = parametersOf(datastoreVersion(row.server_version)).find(
    ({ name, restartRequired }) => restartRequired && values[name] !== undefined,
  );
  if (first === undefined) return;
  throw new LarderError(
    'operation-illegal',
    `${first.name} needs a restart, and the servers of this instance are not run by Larder: whoever runs them has to set it.`,
  );
}

async function begin(
  deps: EngineDeps,
  refresh: RefreshInstance,
  caller: Caller,
  found: readonly InstanceRow[],
  change: InstanceChange,
): Promise<string> {
  const { projectId } = caller;
  for (const one of found) {
    const { row, trouble } = one.action === null ? await refresh(one) : { row: one, trouble: null };
    if (row.action !== null) throw busy();
    if (row.status !== 'normal') throw notReady(trouble);
  }
  const jobId = newJobId();
  const now = deps.clock.now();
  await deps.catalog.db.transaction().execute(async (trx) => {
    // In one order, so that two that want the same instances do not wait for each other.
    for (const { id: instanceId } of found.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
      await takeInstance(trx, { projectId, instanceId, action: actionOf[change.what], jobId, now });
    }
    await startJob(deps, trx, {
      id: jobId,
      projectId,
      kind: 'change-instance',
      name: jobNameOf(change, found[0]!.mode as InstanceMode),
      instance: found[0]!,
      backupId: null,
      request: change,
      now,
    });
  });
  const instances = found.map(({ id }) => id);
  deps.log.info({ instances, jobId, change: change.what, by: caller.userName }, 'change of parameters begun');
  return jobId;
}
