import { LarderError } from '../../core/errors.ts';
import { checkInstanceId } from '../../core/ids.ts';
import { checkPassword, checkUserName } from '../../core/instance-rules.ts';
import { checkInstanceName } from '../../core/names.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { findInstance } from '../find-instance.ts';
import { busy, notReady } from '../instance-action.ts';
import { writeInstance } from '../instance-record.ts';
import type { RefreshInstance } from '../refresh-instance.ts';
import type { Caller, InstanceNode } from '../use-cases.ts';
import type { Instances } from './instances.ts';
import { requireOwn, serviceUserName, uriOf } from './own-servers.ts';
import { setPassword } from './server-users.ts';

/** A connection to a server that answers takes no longer. */
const askingLimitMs = 20_000;

/** Instances.rename. Backups keep the name that the instance had when they were made. */
export async function rename(deps: EngineDeps, caller: Caller, instanceId: string, name: string): Promise<void> {
  checkInstanceId(instanceId);
  checkInstanceName(name);
  await deps.catalog.db.transaction().execute(async (trx) => {
    const row = await findInstance(trx, caller.projectId, instanceId);
    if (row.status === 'creating' || row.status === 'createfail') throw notReady(null);
    await writeInstance(deps, trx, instanceId, (current) => {
      const nodes = (current.nodes as readonly InstanceNode[]).map((node, index) => ({
        ...node,
        name: `${name}_replica_node_${index + 1}`,
      }));
      return { name, nodes: JSON.stringify(nodes) };
    });
  });
}

/** Instances.resetPassword. A backup that runs meanwhile goes on. */
export async function resetPassword(
  deps: EngineDeps,
  refresh: RefreshInstance,
  caller: Caller,
  instanceId: string,
  { user, password, db }: { readonly user: string; readonly password: string; readonly db: string },
): Promise<void> {
  checkInstanceId(instanceId);
  checkUserName(user);
  checkPassword(password);
  const found = await findInstance(deps.catalog.db, caller.projectId, instanceId);
  requireOwn(found);
  // Without this one Larder could not get in any more.
  if (user === serviceUserName && db === 'admin') throw new LarderError('db-user-not-found', `There is no such user in ${db}.`);
  if (found.action !== null && found.action !== 'BACKUP') throw busy();
  const { row, trouble } = await refresh(found);
  if (row.status !== 'normal') throw notReady(trouble);
  await setPassword({ uri: uriOf(deps, row), signal: AbortSignal.timeout(askingLimitMs) }, { name: user, db, password });
  deps.log.info({ instanceId, user, by: caller.userName }, 'password of a database user changed');
}

/** Instances.keepSettings. */
export async function keepSettings(
  deps: EngineDeps,
  caller: Caller,
  instanceId: string,
  settings: Parameters<Instances['keepSettings']>[2],
): Promise<void> {
  checkInstanceId(instanceId);
  await deps.catalog.db.transaction().execute(async (trx) => {
    const row = await findInstance(trx, caller.projectId, instanceId);
    requireOwn(row);
    if (settings.clientNetworks !== undefined && row.mode !== 'ReplicaSet') {
      throw new LarderError('unsupported-operation', 'Client networks are those of a replica set.');
    }
    await writeInstance(deps, trx, instanceId, (current) => {
      const own = requireOwn(current);
      return { own: JSON.stringify({ ...own, sent: { ...own.sent, ...settings } }) };
    });
  });
}
