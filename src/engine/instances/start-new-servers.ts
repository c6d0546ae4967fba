import { randomInt } from 'node:crypto';
import { isLarderError, LarderError } from '../../core/errors.ts';
import { redactConnectionString } from '../../lib/redact.ts';
import { connectionStringOf, type InstanceServers, type ServerUser } from '../../provider/instance-provider.ts';
import type { JobDeps } from '../engine-deps.ts';
import type { InstanceRow } from '../instance-from-row.ts';
import { instanceNodes } from '../instance-nodes.ts';
import { writeInstance } from '../instance-record.ts';
import { sealedContexts } from '../sealed-contexts.ts';
import { ownInstanceRows } from './own-rows.ts';
import { requireOwn, serversOf, serviceUserOf } from './own-servers.ts';

/** Ports may be taken between the choice and the start; so often they are chosen. */
const choices = 4;
/** How far above the first choice the next ones are looked for. */
const farthest = 100;

/**
 * Starts the servers of a new instance. Where that fails somebody may have taken a port meanwhile, so it is tried on others, and the row
 * and its record say so before anything is started on them. Returns the row as it is then. `mongod-unavailable`; then nothing runs.
 */
export async function startNewServers(
  deps: JobDeps,
  row: InstanceRow,
  users: readonly ServerUser[],
  signal: AbortSignal,
): Promise<InstanceRow> {
  let current = row;
  for (let choice = 1; ; choice += 1) {
    try {
      await deps.provider.create(serversOf(current), users, signal);
      return current;
    } catch (error) {
      signal.throwIfAborted();
      const { ports } = serversOf(current);
      if (!isLarderError(error, 'mongod-unavailable') || choice === choices) throw error;
      current = await withOtherPorts(deps, current);
      deps.log.warn(
        { instanceId: row.id, err: error, ports, instead: serversOf(current).ports },
        'servers did not start and are tried on other ports',
      );
    }
  }
}

async function withOtherPorts(deps: JobDeps, row: InstanceRow): Promise<InstanceRow> {
  const { provider } = deps;
  const { ports: before } = serversOf(row);
  const others = (await ownInstanceRows(deps)).filter((other) => other.row.id !== row.id);
  const taken = new Set(others.flatMap(({ own }) => own.servers.ports));
  // Two that took each other's ports must not meet again.
  const ports = await provider.choosePorts(before[0]! + randomInt(1, farthest), before.length, taken);
  const servers: InstanceServers = { ...serversOf(row), ports };
  const uri = connectionStringOf(servers, provider, serviceUserOf(deps, row));
  const nodes = ports.map((port) => ({ host: provider.host, port, role: 'unknown' as const, healthy: true }));
  const written = await deps.catalog.db.transaction().execute((trx) =>
    writeInstance(deps, trx, row.id, (current) => {
      const own = requireOwn(current);
      const changed = { ...own, servers: { ...own.servers, ports } };
      return {
        own: JSON.stringify(changed),
        sealed_uri: deps.repository.sealSecret(uri, sealedContexts.instanceUri(row.id)),
        address: redactConnectionString(uri),
        nodes: JSON.stringify(instanceNodes(row.id, current.name, nodes, changed)),
      };
    }),
  );
  if (written === undefined) throw new LarderError('internal', 'an instance vanished while it was made');
  return written;
}
