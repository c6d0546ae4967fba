import type { OwnInstance } from '../../core/own-instance.ts';
import { parameterChanges, parametersOf, type ParameterChange, type ParameterValues } from '../../core/server-parameters.ts';
import { datastoreVersion } from '../../core/datastore-version.ts';
import { readServerParameters, setServerParameters } from '../../mongo/server-parameters.ts';
import type { JobDeps } from '../engine-deps.ts';
import { ownOf, type InstanceRow } from '../instance-from-row.ts';
import { writeInstance } from '../instance-record.ts';
import type { WriteOutcome } from '../job-kind.ts';
import { requireOwn, uriOf } from '../instances/own-servers.ts';
import type { InstanceNode } from '../use-cases.ts';
import { noteChanges } from './parameter-history.ts';

/** What an instance is to be set to. */
export interface WantedParameters {
  readonly values: ParameterValues;
  /** Null: `values` are added to what is set. Else they are all that is set, of this template. */
  readonly configurationId: string | null;
}

/** What changes of an instance that Larder started itself, and what is set of it afterwards. */
export function plannedParameters(
  { servers }: OwnInstance,
  { values, configurationId }: WantedParameters,
): { readonly after: ParameterValues; readonly changes: readonly ParameterChange[] } {
  const after = configurationId === null ? { ...servers.parameters, ...values } : values;
  return { after, changes: parameterChanges(servers.parameters, after, servers.version) };
}

/**
 * Sets what can be set while servers run on every member; what cannot is for their next start. Where one member does not take it, those
 * that did get their former values again. The outcome keeps the values and what was changed.
 */
export async function setParameters(
  deps: JobDeps,
  row: InstanceRow,
  wanted: WantedParameters,
  signal: AbortSignal,
): Promise<WriteOutcome> {
  const own = ownOf(row);
  const planned = own === null ? await ofServers(deps, row, wanted.values, signal) : plannedParameters(own, wanted);
  const atOnce = planned.changes.filter(({ parameter }) => !parameter.restartRequired);
  await setOnAll(deps, row, atOnce, signal);
  return async (trx, now) => {
    await noteChanges(deps, trx, row.project_id, { instanceId: row.id }, planned.changes, {
      now,
      applied: ({ parameter }) => !parameter.restartRequired,
    });
    if (own === null) return;
    await writeInstance(deps, trx, row.id, (current) => {
      const { servers, ...rest } = requireOwn(current);
      const { configurationId } = wanted.configurationId === null ? servers : wanted;
      return { own: JSON.stringify({ ...rest, servers: { ...servers, parameters: planned.after, configurationId } }) };
    });
  };
}

/** What changes of servers that somebody else runs, told from what they say now. */
async function ofServers(
  deps: JobDeps,
  row: InstanceRow,
  values: ParameterValues,
  signal: AbortSignal,
): Promise<{ readonly after: ParameterValues; readonly changes: readonly ParameterChange[] }> {
  const [first] = membersOf(row);
  const names = Object.keys(values);
  const before = first === undefined ? {} : await readServerParameters({ uri: uriOf(deps, row), member: first, signal }, names);
  return { after: values, changes: parameterChanges(before, { ...before, ...values }, datastoreVersion(row.server_version)) };
}

async function setOnAll(
  deps: JobDeps,
  row: InstanceRow,
  changes: readonly ParameterChange[],
  signal: AbortSignal,
): Promise<void> {
  if (changes.length === 0) return;
  const uri = uriOf(deps, row);
  const after = Object.fromEntries(changes.map(({ parameter, after: value }) => [parameter.name, value]));
  const begun: string[] = [];
  try {
    for (const member of membersOf(row)) {
      begun.push(member);
      await setServerParameters({ uri, member, signal }, after);
    }
  } catch (error) {
    signal.throwIfAborted();
    const before = Object.fromEntries(changes.map(({ parameter, before: value }) => [parameter.name, value]));
    for (const member of begun) {
      await setServerParameters({ uri, member, signal }, before).catch((again: unknown) =>
        deps.log.error({ instanceId: row.id, member, err: again }, 'a server could not be given its former parameters'),
      );
    }
    throw error;
  }
}

/** What the parameters of servers that somebody else runs are now. */
export function readParameters(
  deps: Pick<JobDeps, 'repository'>,
  row: InstanceRow,
  signal: AbortSignal,
): Promise<ParameterValues> {
  const nodes = row.nodes as readonly InstanceNode[];
  const node = nodes.find(({ role }) => role === 'Primary') ?? nodes[0]!;
  const names = parametersOf(datastoreVersion(row.server_version)).map(({ name }) => name);
  return readServerParameters({ uri: uriOf(deps, row), member: `${node.host}:${node.port}`, signal }, names);
}

function membersOf(row: InstanceRow): readonly string[] {
  return (row.nodes as readonly InstanceNode[]).map(({ host, port }) => `${host}:${port}`);
}
