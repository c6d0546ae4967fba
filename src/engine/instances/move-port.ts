import { LarderError } from '../../core/errors.ts';
import { connect, translateMongoError } from '../../mongo/connect.ts';
import { connectionStringOf } from '../../provider/instance-provider.ts';
import type { JobDeps } from '../engine-deps.ts';
import type { InstanceRow } from '../instance-from-row.ts';
import { writeInstance } from '../instance-record.ts';
import { requireOwn, serversOf, serviceUserOf } from './own-servers.ts';
import { stepDown } from './step-down.ts';

/**
 * Gives the first member another port, under which the set knows it from then on; returns the ports as they are then. The others go on
 * meanwhile. Repeated after an interruption it goes on where it was.
 */
export async function movePort(deps: JobDeps, row: InstanceRow, port: number, signal: AbortSignal): Promise<readonly number[]> {
  const { provider } = deps;
  const before = serversOf(row);
  const after = { ...before, ports: [port, ...before.ports.slice(1)] };
  if (before.setName === null) {
    await provider.stopMember(before, 0);
    await provider.startMember(after, 0, signal).catch(async (error: unknown) => {
      await provider.startMember(before, 0, signal);
      throw error;
    });
    await provider.settled(after, signal);
    return after.ports;
  }
  // Seeds that stay: the other members.
  const uri = connectionStringOf({ ...before, ports: before.ports.slice(1) }, provider, serviceUserOf(deps, row));
  if ((await provider.primary(before)) === 0) await stepDown(uri, signal);
  await rename(uri, { from: before.ports[0]!, to: port }, signal);
  // From now on the set looks for the member there, whatever becomes of this try.
  await deps.catalog.db.transaction().execute(async (trx) => {
    await writeInstance(deps, trx, row.id, (current) => {
      const own = requireOwn(current);
      return { own: JSON.stringify({ ...own, servers: { ...own.servers, ports: after.ports } }) };
    });
  });
  await provider.stopMember(before, 0);
  await provider.startMember(after, 0, signal);
  await provider.settled(after, signal);
  return after.ports;
}

/** Writes the member's new address into the set's configuration, unless it is there. */
async function rename(
  uri: string,
  { from, to }: { readonly from: number; readonly to: number },
  signal: AbortSignal,
): Promise<void> {
  await using connection = await connect(uri, { signal });
  const admin = connection.client.db('admin');
  try {
    const { config } = await admin.command({ replSetGetConfig: 1 }, { signal });
    const members = config.members as { host: string }[];
    const known = members.find(({ host }) => host.endsWith(`:${to}`));
    if (known !== undefined) return;
    const member = members.find(({ host }) => host.endsWith(`:${from}`));
    if (member === undefined) throw new LarderError('internal', 'a member is not in the configuration of its set');
    member.host = member.host.replace(/:\d+$/, `:${to}`);
    config.version += 1;
    await admin.command({ replSetReconfig: config }, { signal });
  } catch (error) {
    throw translateMongoError(error, 'instance-unreachable', 'the configuration of the set could not be changed');
  }
}
