import type { Deployment } from '../core/deployment.ts';
import { isLarderError, type ErrorCode } from '../core/errors.ts';
import type { EngineDeps } from './engine-deps.ts';
import { ownOf, type InstanceRow } from './instance-from-row.ts';
import { instanceNodes } from './instance-nodes.ts';
import { sealedContexts } from './sealed-contexts.ts';
import type { InstanceNode } from './use-cases.ts';

/** How long servers may take to say what they are, before the instance counts as not reachable. */
const probeLimitMs = 10_000;

/** What was learnt so recently is not asked again, unless it was bad news. */
const freshMs = 10_000;

/** What of an instance cannot be worked with, as opposed to an error of our own. */
const abnormalCodes: readonly ErrorCode[] = ['instance-unreachable', 'instance-unsupported', 'invalid-connection-string'];

/** The row as it is after asking, and why the instance is `abnormal` where it is. */
export interface RefreshedInstance {
  readonly row: InstanceRow;
  readonly trouble: string | null;
}

export type RefreshInstance = (row: InstanceRow, options?: { readonly always?: boolean }) => Promise<RefreshedInstance>;

/**
 * Returns a function that asks an instance's servers what they are now and writes it into the catalog. Calls for the same
 * instance at the same time share one question. Only trouble of our own is thrown; servers that do not answer make the
 * instance `abnormal`. Unless `always`, an instance found well within the last ten seconds is not asked again.
 */
export function instanceRefresher(deps: EngineDeps): RefreshInstance {
  const asking = new Map<string, Promise<RefreshedInstance>>();
  return (row, options = {}) => {
    const age = deps.clock.now().getTime() - row.probed.getTime();
    if (row.status === 'creating' || row.status === 'createfail') {
      const trouble = row.status === 'creating' ? 'It is still being made.' : 'It could not be made.';
      return Promise.resolve({ row, trouble });
    }
    if (options.always !== true && row.status === 'normal' && age >= 0 && age < freshMs) {
      return Promise.resolve({ row, trouble: null });
    }
    let answer = asking.get(row.id);
    if (answer === undefined) {
      answer = ask(deps, row).finally(() => asking.delete(row.id));
      asking.set(row.id, answer);
    }
    return answer;
  };
}

async function ask(deps: EngineDeps, row: InstanceRow): Promise<RefreshedInstance> {
  const uri = deps.repository.openSecret(row.sealed_uri, sealedContexts.instanceUri(row.id));
  let found: Deployment;
  try {
    found = await deps.probe(uri, AbortSignal.timeout(probeLimitMs));
  } catch (error) {
    if (!isLarderError(error) || !abnormalCodes.includes(error.code)) throw error;
    return { row: await write(deps, row, abnormal(row)), trouble: error.message };
  }
  if (found.mode !== row.mode) {
    return {
      row: await write(deps, row, abnormal(row)),
      trouble: `The servers are a ${found.mode} now, the instance is a ${row.mode}.`,
    };
  }
  const hasPrimary = found.nodes.some((node) => node.role === 'Primary' && node.healthy);
  const now: Observed = {
    status: hasPrimary ? 'normal' : 'abnormal',
    address: found.address,
    server_version: found.serverVersion,
    set_name: found.setName,
    tls: found.tls,
    nodes: instanceNodes(row.id, row.name, found.nodes, ownOf(row)),
    holds_user_data: found.holdsUserData,
  };
  return { row: await write(deps, row, now), trouble: hasPrimary ? null : 'The replica set has no primary.' };
}

interface Observed extends Pick<InstanceRow, 'status' | 'address' | 'server_version' | 'set_name' | 'tls' | 'holds_user_data'> {
  readonly nodes: readonly InstanceNode[];
}

function abnormal(row: InstanceRow): Observed {
  const nodes = (row.nodes as readonly InstanceNode[]).map((node) => ({ ...node, status: 'abnormal' as const }));
  return { ...row, status: 'abnormal', nodes };
}

async function write(deps: EngineDeps, row: InstanceRow, seen: Observed): Promise<InstanceRow> {
  const now = deps.clock.now();
  const changed = seen.status !== row.status || seen.server_version !== row.server_version || seen.set_name !== row.set_name;
  return deps.catalog.db
    .updateTable('instances')
    .set({
      status: seen.status,
      address: seen.address,
      server_version: seen.server_version,
      set_name: seen.set_name,
      tls: seen.tls,
      holds_user_data: seen.holds_user_data,
      nodes: JSON.stringify(seen.nodes),
      probed: now,
      updated: changed ? now : row.updated,
    })
    .where('id', '=', row.id)
    .returningAll()
    .executeTakeFirstOrThrow();
}
