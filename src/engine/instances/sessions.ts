import { BlockList, isIP } from 'node:net';
import type { Document } from 'mongodb';
import { LarderError } from '../../core/errors.ts';
import { checkInstanceId } from '../../core/ids.ts';
import { connect, translateMongoError } from '../../mongo/connect.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { findInstance } from '../find-instance.ts';
import type { InstanceRow } from '../instance-from-row.ts';
import type { Caller, InstanceNode, Rows } from '../use-cases.ts';
import { requireNode } from './begin-change.ts';
import { findNode } from './find-node.ts';
import { uriOf } from './own-servers.ts';

const askingLimitMs = 20_000;
/** Of each kind, the addresses with most connections. */
const mostAddresses = 200;

/** What a server is doing for somebody at this moment. */
export interface DatabaseSession {
  /** The number of the operation. */
  readonly id: string;
  readonly active: boolean;
  /** The command, as JSON. */
  readonly operation: string;
  /** `none`, `update`, `insert`, `query`, `command`, `getmore`, `remove` or `killcursors`. */
  readonly type: string;
  readonly costMicroseconds: number;
  readonly planSummary: string;
  readonly host: string;
  readonly client: string;
  readonly description: string;
  readonly namespace: string;
  readonly user: string;
}

export interface SessionFilter {
  readonly planSummary?: string;
  readonly type?: string;
  readonly namespace?: string;
  /** Only what takes longer already. */
  readonly costMicroseconds?: number;
  readonly offset: number;
  readonly limit: number;
}

export interface AddressCount {
  readonly address: string;
  readonly count: number;
}

/** Connections by the address they come from: of private networks, of this machine, and of others. */
export interface ConnectionStatistics {
  readonly total: number;
  readonly inner: readonly AddressCount[];
  readonly innerTotal: number;
  readonly outer: readonly AddressCount[];
  readonly outerTotal: number;
}

/** Instances.listSessions. */
export async function listSessions(
  deps: EngineDeps,
  caller: Caller,
  nodeId: string,
  filter: SessionFilter,
): Promise<Rows<DatabaseSession>> {
  const { row, node } = await findNode(deps, caller, nodeId);
  const all = (await currentOperations(deps, row, node, { idle: false })).map(sessionOf);
  const { planSummary, type, namespace, costMicroseconds } = filter;
  const matching = all
    .filter(
      (one) =>
        (planSummary === undefined || one.planSummary === planSummary) &&
        (type === undefined || one.type === type) &&
        (namespace === undefined || one.namespace === namespace) &&
        (costMicroseconds === undefined || one.costMicroseconds > costMicroseconds),
    )
    .toSorted((a, b) => b.costMicroseconds - a.costMicroseconds);
  return { rows: matching.slice(filter.offset, filter.offset + filter.limit), total: matching.length };
}

/** Instances.killSessions. */
export async function killSessions(deps: EngineDeps, caller: Caller, nodeId: string, ids: readonly string[]): Promise<void> {
  const { row, node } = await findNode(deps, caller, nodeId);
  const active = new Set((await currentOperations(deps, row, node, { idle: false })).map(({ opid }) => String(opid)));
  if (ids.some((id) => !active.has(id))) {
    throw new LarderError('invalid-session', 'A session is not there any more, or does nothing that could be ended.');
  }
  const signal = AbortSignal.timeout(askingLimitMs);
  await using connection = await connect(uriOf(deps, row), { member: `${node.host}:${node.port}`, signal });
  try {
    for (const id of ids) await connection.client.db('admin').command({ killOp: 1, op: Number(id) }, { signal });
  } catch (error) {
    throw translateMongoError(error, 'instance-unreachable', 'the sessions could not be ended');
  }
  deps.log.info({ instanceId: row.id, nodeId, sessions: ids, by: caller.userName }, 'database sessions ended');
}

/** Instances.countConnections; of the primary, or of the node that is named. */
export async function countConnections(
  deps: EngineDeps,
  caller: Caller,
  instanceId: string,
  nodeId: string | null,
): Promise<ConnectionStatistics> {
  checkInstanceId(instanceId);
  const row = await findInstance(deps.catalog.db, caller.projectId, instanceId);
  const nodes = row.nodes as readonly InstanceNode[];
  const node = nodeId === null ? (nodes.find(({ role }) => role === 'Primary') ?? nodes[0]) : requireNode(row, nodeId);
  if (node === undefined) throw new LarderError('node-not-found', 'Nothing is known of the nodes of the instance.');
  const clients = (await currentOperations(deps, row, node, { idle: true })).flatMap(({ client }) =>
    typeof client === 'string' ? [client.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')] : [],
  );
  const inner = clients.filter(isPrivate);
  const outer = clients.filter((address) => !isPrivate(address));
  return {
    total: clients.length,
    inner: counted(inner),
    innerTotal: inner.length,
    outer: counted(outer),
    outerTotal: outer.length,
  };
}

async function currentOperations(
  deps: EngineDeps,
  row: InstanceRow,
  node: InstanceNode,
  { idle }: { readonly idle: boolean },
): Promise<readonly Document[]> {
  const signal = AbortSignal.timeout(askingLimitMs);
  await using connection = await connect(uriOf(deps, row), { member: `${node.host}:${node.port}`, signal });
  try {
    const found = await connection.client
      .db('admin')
      .aggregate([{ $currentOp: { allUsers: true, idleConnections: idle } }], { maxTimeMS: askingLimitMs })
      .toArray();
    // The question itself is none of the answers.
    return found.filter((one) => one['command']?.pipeline?.[0]?.$currentOp === undefined);
  } catch (error) {
    throw translateMongoError(error, 'instance-unreachable', 'the sessions of the instance cannot be read');
  }
}

function sessionOf(found: Document): DatabaseSession {
  const users = (found['effectiveUsers'] ?? []) as { user: string }[];
  return {
    id: String(found['opid']),
    active: found['active'] === true,
    operation: JSON.stringify(withoutSession(found['command'] ?? {})).slice(0, 4096),
    type: String(found['op'] ?? 'none'),
    costMicroseconds: Number(found['microsecs_running'] ?? 0),
    planSummary: String(found['planSummary'] ?? ''),
    host: String(found['host'] ?? ''),
    client: String(found['client'] ?? ''),
    description: String(found['desc'] ?? ''),
    namespace: String(found['ns'] ?? ''),
    user: users.map(({ user }) => user).join(','),
  };
}

/** What the driver adds to each command is of no use to people. */
function withoutSession({ lsid: _lsid, $clusterTime: _clusterTime, ...command }: Document): Document {
  return command;
}

function counted(addresses: readonly string[]): readonly AddressCount[] {
  const counts = new Map<string, number>();
  for (const address of addresses) counts.set(address, (counts.get(address) ?? 0) + 1);
  return [...counts]
    .map(([address, count]) => ({ address, count }))
    .toSorted((a, b) => b.count - a.count)
    .slice(0, mostAddresses);
}

const privateNetworks = new BlockList();
privateNetworks.addSubnet('127.0.0.0', 8);
privateNetworks.addSubnet('10.0.0.0', 8);
privateNetworks.addSubnet('172.16.0.0', 12);
privateNetworks.addSubnet('192.168.0.0', 16);
privateNetworks.addSubnet('169.254.0.0', 16);
privateNetworks.addSubnet('fc00::', 7, 'ipv6');
privateNetworks.addSubnet('fe80::', 10, 'ipv6');
privateNetworks.addAddress('::1', 'ipv6');

function isPrivate(address: string): boolean {
  const version = isIP(address);
  return version !== 0 && privateNetworks.check(address, version === 4 ? 'ipv4' : 'ipv6');
}
