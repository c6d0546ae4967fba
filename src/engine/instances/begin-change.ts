import { LarderError } from '../../core/errors.ts';
import { checkSpecCode, checkVolumeSize } from '../../core/instance-rules.ts';
import { checkInstanceId } from '../../core/ids.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { findInstance } from '../find-instance.ts';
import { busy, notReady, takeInstance } from '../instance-action.ts';
import type { InstanceRow } from '../instance-from-row.ts';
import type { RefreshInstance } from '../refresh-instance.ts';
import { newJobId, startJob } from '../start-job.ts';
import type { Caller, InstanceMode, InstanceNode } from '../use-cases.ts';
import { actionOf, jobNameOf, type InstanceChange } from './instance-change.ts';
import { requireOwn } from './own-servers.ts';

/** Those of parameters have rules of their own. */
export type SettledChange = Exclude<InstanceChange, { readonly what: 'parameters' | 'configuration' }>;

/** Instances.change: what cannot be is refused here, the rest is the job's. */
export async function beginChange(
  deps: EngineDeps,
  refresh: RefreshInstance,
  caller: Caller,
  instanceId: string,
  change: SettledChange,
): Promise<{ readonly jobId: string; readonly instance: InstanceRow }> {
  checkInstanceId(instanceId);
  const { projectId } = caller;
  const found = await findInstance(deps.catalog.db, projectId, instanceId);
  await refuseUnlessPossible(deps, found, change);
  const { row, trouble } = found.action === null ? await refresh(found) : { row: found, trouble: null };
  if (row.action !== null) throw busy();
  if (row.status !== 'normal') throw notReady(trouble);
  const jobId = newJobId();
  const now = deps.clock.now();
  const mode = row.mode as InstanceMode;
  await deps.catalog.db.transaction().execute(async (trx) => {
    await takeInstance(trx, { projectId, instanceId, action: actionOf[change.what], jobId, now });
    await startJob(deps, trx, {
      id: jobId,
      projectId,
      kind: 'change-instance',
      name: jobNameOf(change, mode),
      instance: row,
      backupId: null,
      request: change,
      now,
    });
  });
  deps.log.info({ instanceId, jobId, change: change.what, by: caller.userName }, 'change of an instance begun');
  return { jobId, instance: row };
}

async function refuseUnlessPossible(deps: EngineDeps, row: InstanceRow, change: SettledChange): Promise<void> {
  if (change.what === 'switch-primary') {
    if (row.mode !== 'ReplicaSet') throw new LarderError('unsupported-operation', 'Only a replica set has a primary to switch.');
    return;
  }
  const { servers, sent } = requireOwn(row);
  switch (change.what) {
    case 'port':
      if (servers.ports[0] === change.port) throw new LarderError('port-unchanged', 'The instance has this port already.');
      if (servers.ports.includes(change.port) || !(await deps.provider.isPortFree(change.port))) {
        throw new LarderError('port-taken', 'Another server of this machine has this port.');
      }
      return;
    case 'volume':
      checkVolumeSize(change.sizeGb, sent.flavor.type);
      if (change.sizeGb <= sent.flavor.sizeGb) {
        throw new LarderError('volume-too-small', `The storage has ${sent.flavor.sizeGb} GB and can only grow.`);
      }
      return;
    case 'spec':
      checkSpecCode(change.specCode, sent.flavor.type);
      if (change.specCode === sent.flavor.specCode)
        throw new LarderError('invalid-spec', 'The instance has these specifications already.');
      return;
    case 'bind-address':
      requireNode(row, change.nodeId);
      if (sent.publicAddresses[change.nodeId] !== undefined)
        throw new LarderError('address-bound', 'The node has a public address.');
      return;
    case 'unbind-address':
      requireNode(row, change.nodeId);
      if (sent.publicAddresses[change.nodeId] === undefined)
        throw new LarderError('address-not-bound', 'The node has no public address.');
      return;
    case 'restart':
    case 'tls':
    case 'security-group':
      return;
  }
}

/** `node-not-found` unless the instance has the node. */
export function requireNode(row: InstanceRow, nodeId: string): InstanceNode {
  const node = (row.nodes as readonly InstanceNode[]).find(({ id }) => id === nodeId);
  if (node === undefined) throw new LarderError('node-not-found', 'The instance has no such node.');
  return node;
}
