import type { CatalogTransaction } from '../../catalog/schema.ts';
import type { OwnInstance } from '../../core/own-instance.ts';
import { redactConnectionString } from '../../lib/redact.ts';
import { connectionStringOf, type InstanceServers } from '../../provider/instance-provider.ts';
import { noteRestart, noteUse } from '../configurations/parameter-history.ts';
import { setParameters } from '../configurations/set-parameters.ts';
import type { JobDeps } from '../engine-deps.ts';
import { findInstance } from '../find-instance.ts';
import type { InstanceRow } from '../instance-from-row.ts';
import { writeInstance } from '../instance-record.ts';
import { instanceNodes } from '../instance-nodes.ts';
import type { JobKind, JobRow, WriteOutcome } from '../job-kind.ts';
import { sealedContexts } from '../sealed-contexts.ts';
import type { InstanceChange } from './instance-change.ts';
import { movePort } from './move-port.ts';
import { requireOwn, serversOf, serviceUserOf, uriOf } from './own-servers.ts';
import { isForAnother } from './server-places.ts';
import { restartServers } from './restart-servers.ts';
import { stepDown } from './step-down.ts';

/** Carries out one change of an instance. A try that fails leaves the servers running as they were, where that can be. */
export const changeInstanceJob: JobKind = {
  async isElsewhere(deps, job) {
    return (job.request as InstanceChange).what !== 'switch-primary' && isForAnother(deps, job);
  },

  async run(deps, job, { signal }) {
    const row = await findInstance(deps.catalog.db, job.project_id, job.instance_id);
    const change = job.request as InstanceChange;
    switch (change.what) {
      case 'switch-primary':
        await stepDown(uriOf(deps, row), signal);
        return async () => {};
      case 'restart':
        await orAsBefore(deps, row, signal, () => restartServers(deps.provider, serversOf(row), uriOf(deps, row), signal));
        return afterRestart(deps, row, await withServers(deps, row, {}, signal));
      case 'tls': {
        const after: InstanceServers = { ...serversOf(row), tls: change.on };
        await orAsBefore(deps, row, signal, async () => {
          await deps.provider.stop(after);
          await deps.provider.start(after, signal);
          await deps.provider.settled(after, signal);
        });
        return afterRestart(deps, row, await withServers(deps, row, { tls: change.on }, signal));
      }
      case 'port': {
        const ports = await movePort(deps, row, change.port, signal);
        return withServers(deps, row, { ports }, signal);
      }
      case 'volume':
        return withSent(deps, row, ({ flavor }) => ({ flavor: { ...flavor, sizeGb: change.sizeGb } }));
      case 'spec':
        return withSent(deps, row, ({ flavor }) => ({ flavor: { ...flavor, specCode: change.specCode } }));
      case 'security-group':
        return withSent(deps, row, () => ({ securityGroupId: change.id }));
      case 'bind-address':
        return withSent(deps, row, ({ publicAddresses }) => ({
          publicAddresses: { ...publicAddresses, [change.nodeId]: change.address },
        }));
      case 'unbind-address':
        return withSent(deps, row, ({ publicAddresses }) => ({
          publicAddresses: Object.fromEntries(Object.entries(publicAddresses).filter(([nodeId]) => nodeId !== change.nodeId)),
        }));
      case 'parameters':
        return setParameters(deps, row, { values: change.values, configurationId: null }, signal);
      case 'configuration':
        return applyConfiguration(deps, job, change, signal);
    }
  },

  giveUp: (job, reason, deps) => async (trx, now) => {
    const change = job.request as InstanceChange;
    if (change.what === 'configuration') await noteUses(deps, trx, job, change, { now, failure: reason });
  },

  whenCancelled: {
    leaves: () => 'The servers that do not run are started again within a minute.',
  },
};

type ConfigurationChange = Extract<InstanceChange, { readonly what: 'configuration' }>;

/** One instance after the other; they have it once all do. */
async function applyConfiguration(
  deps: JobDeps,
  job: JobRow,
  change: ConfigurationChange,
  signal: AbortSignal,
): Promise<WriteOutcome> {
  const outcomes: WriteOutcome[] = [];
  for (const { id } of change.instances) {
    const row = await findInstance(deps.catalog.db, job.project_id, id);
    outcomes.push(await setParameters(deps, row, change, signal));
  }
  return async (trx, now) => {
    for (const write of outcomes) await write(trx, now);
    await noteUses(deps, trx, job, change, { now, failure: null });
  };
}

async function noteUses(
  deps: Pick<JobDeps, 'repository'>,
  trx: CatalogTransaction,
  job: JobRow,
  { configurationId, instances }: ConfigurationChange,
  { now, failure }: { readonly now: Date; readonly failure: string | null },
): Promise<void> {
  for (const { id, name } of instances) {
    const use = { instanceId: id, instanceName: name, applied: now, failure };
    await noteUse(deps, trx, { ...use, projectId: job.project_id, configurationId });
  }
}

/** What fails must not leave the servers stopped. */
async function orAsBefore(deps: JobDeps, row: InstanceRow, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (signal.aborted) throw error;
    const before = serversOf(row);
    await deps.provider
      .stop(before)
      .then(() => deps.provider.start(before, signal))
      .catch((again: unknown) =>
        deps.log.error({ instanceId: row.id, err: again }, 'the servers could not be started as they were'),
      );
    throw error;
  }
}

/** The outcome after which all servers were started anew. */
function afterRestart(deps: Pick<JobDeps, 'repository'>, row: InstanceRow, write: WriteOutcome): WriteOutcome {
  return async (trx, now) => {
    await write(trx, now);
    await noteRestart(deps, trx, row.id, now);
  };
}

/** The outcome after which the instance has these servers; they are asked first what they are now. */
async function withServers(
  deps: JobDeps,
  row: InstanceRow,
  change: Partial<OwnInstance['servers']>,
  signal: AbortSignal,
): Promise<WriteOutcome> {
  const own = requireOwn(row);
  const changed: OwnInstance = { ...own, servers: { ...own.servers, ...change } };
  const { ports, tls } = changed.servers;
  const uri = connectionStringOf({ ...serversOf(row), ports, tls }, deps.provider, serviceUserOf(deps, row));
  const found = await deps.probe(uri, signal);
  const sealed = deps.repository.sealSecret(uri, sealedContexts.instanceUri(row.id));
  return async (trx, now) => {
    await writeInstance(deps, trx, row.id, (current) => ({
      own: JSON.stringify({ ...requireOwn(current), servers: { ...requireOwn(current).servers, ...change } }),
      sealed_uri: sealed,
      address: redactConnectionString(uri),
      tls: found.tls,
      status: 'normal',
      nodes: JSON.stringify(instanceNodes(row.id, current.name, found.nodes, changed)),
      probed: now,
    }));
  };
}

/** The outcome after which what was sent of the instance is something else. */
function withSent(
  deps: JobDeps,
  row: InstanceRow,
  change: (sent: OwnInstance['sent']) => Partial<OwnInstance['sent']>,
): WriteOutcome {
  return async (trx) => {
    await writeInstance(deps, trx, row.id, (current) => {
      const own = requireOwn(current);
      return { own: JSON.stringify({ ...own, sent: { ...own.sent, ...change(own.sent) } }) };
    });
  };
}
