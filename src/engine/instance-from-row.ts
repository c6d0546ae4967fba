import type { Selectable } from 'kysely';
import type { InstancesTable } from '../catalog/schema.ts';
import { datastoreVersion } from '../core/datastore-version.ts';
import { policyOf, type PolicyRows } from './policy-row.ts';
import type { Instance, InstanceAction, InstanceMode, InstanceNode, InstanceStatus } from './use-cases.ts';

export type InstanceRow = Selectable<InstancesTable>;

/** Where nothing is known of any node: MongoDB's own port. */
const standardPort = 27017;

/** The instance a row of the catalog stands for. `policies`: of the instances that have one, at least of this one. */
export function instanceFromRow(row: InstanceRow, policies: PolicyRows): Instance {
  const nodes = row.nodes as readonly InstanceNode[];
  return {
    id: row.id,
    name: row.name,
    mode: row.mode as InstanceMode,
    status: row.status as InstanceStatus,
    // Clients take an instance that is being deleted for one that is being changed, and give up, if it shows an action.
    actions: row.action === null || row.action === 'DELETE_INSTANCE' ? [] : [row.action as InstanceAction],
    datastoreVersion: datastoreVersion(row.server_version),
    serverVersion: row.server_version,
    setName: row.set_name,
    port: (nodes.find((node) => node.role === 'Primary') ?? nodes[0])?.port ?? standardPort,
    tls: row.tls,
    nodes,
    lock: row.lock,
    rateMbPerS: row.rate_mb_per_s,
    address: row.address,
    backupPolicy: policyOf(policies.get(row.id)),
    created: row.created,
    updated: row.updated,
  };
}
