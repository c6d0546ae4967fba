import type { Selectable } from 'kysely';
import type { InstancesTable } from '../catalog/schema.ts';
import { datastoreVersion } from '../core/datastore-version.ts';
import type { OwnInstance, Tag } from '../core/own-instance.ts';
import type { EngineDeps } from './engine-deps.ts';
import { findPolicyRows, policyOf } from './policy-row.ts';
import { findProofStates } from './proofs.ts';
import { findRestoreSources } from './instances/restore-sources.ts';
import type { Instance, InstanceAction, InstanceMode, InstanceNode, InstanceStatus } from './use-cases.ts';

export type InstanceRow = Selectable<InstancesTable>;

/** What is particular to an instance of Larder's own; null for one that runs elsewhere. */
export function ownOf(row: Pick<InstanceRow, 'own'>): OwnInstance | null {
  return row.own as OwnInstance | null;
}

/** Where nothing is known of any node: MongoDB's own port. */
const standardPort = 27017;

type InstanceDeps = Pick<EngineDeps, 'catalog' | 'clock'>;

/** The instance a row of the catalog stands for, with what other tables know of it. */
export async function instanceOf(deps: InstanceDeps, row: InstanceRow): Promise<Instance> {
  return (await instancesOf(deps, [row]))[0]!;
}

/** The same for several, in their order. */
export async function instancesOf(deps: InstanceDeps, rows: readonly InstanceRow[]): Promise<readonly Instance[]> {
  const ids = rows.map(({ id }) => id);
  const policies = await findPolicyRows(deps.catalog.db, ids);
  const proofs = await findProofStates(deps, ids);
  const sources = await findRestoreSources(deps.catalog.db, ids);
  return rows.map((row) =>
    instanceFromRow(row, {
      backupPolicy: policyOf(policies.get(row.id)),
      proof: proofs.get(row.id)!,
      actions: [...actionsOf(row), ...(sources.has(row.id) ? (['RESTORE_CHECK'] as const) : [])],
    }),
  );
}

function actionsOf({ action }: InstanceRow): readonly InstanceAction[] {
  // Clients take an instance that is being deleted for one that is being changed, and give up, if it shows an action.
  return action === null || action === 'DELETE_INSTANCE' ? [] : [action as InstanceAction];
}

function instanceFromRow(
  row: InstanceRow,
  { backupPolicy, proof, actions }: Pick<Instance, 'backupPolicy' | 'proof' | 'actions'>,
): Instance {
  const nodes = row.nodes as readonly InstanceNode[];
  const own = ownOf(row);
  return {
    id: row.id,
    name: row.name,
    mode: row.mode as InstanceMode,
    status: row.status as InstanceStatus,
    actions,
    datastoreVersion: datastoreVersion(row.server_version),
    serverVersion: row.server_version,
    setName: row.set_name,
    // The first member's, whoever is primary.
    port: own?.servers.ports[0] ?? (nodes.find((node) => node.role === 'Primary') ?? nodes[0])?.port ?? standardPort,
    tls: row.tls,
    nodes,
    lock: row.lock,
    rateMbPerS: row.rate_mb_per_s,
    own,
    tags: row.tags as readonly Tag[],
    address: row.address,
    backupPolicy,
    proof,
    created: row.created,
    updated: row.updated,
  };
}
