import type { Timers } from '../../lib/timers.ts';
import { noteRestart } from '../configurations/parameter-history.ts';
import type { JobDeps } from '../engine-deps.ts';
import { isLarderError } from '../../core/errors.ts';
import type { InstanceRow } from '../instance-from-row.ts';
import { keepRounds } from '../keep-rounds.ts';
import { ownInstanceRows } from './own-rows.ts';
import { serversOf } from './own-servers.ts';
import { noteHere } from './server-places.ts';

/** How often is looked whether all servers run, milliseconds. */
const interval = 15_000;

/** Meanwhile the servers are somebody else's to start and stop. */
const notOurs: readonly (string | null)[] = [
  'CREATE',
  'DELETE_INSTANCE',
  'RESTARTING',
  'SWITCH_SSL',
  'MODIFY_PORT',
  'APPLY_CONFIGURATION',
];

type KeepDeps = Pick<JobDeps, 'catalog' | 'repository' | 'provider' | 'log' | 'clock'>;

/**
 * Starts the servers of Larder's own instances that do not run: at once all that ended with the machine or with an earlier Larder, later
 * those that crashed. Trouble is logged once for each instance until it is over; `instance list` then shows it as abnormal. Disposing ends
 * it and leaves the servers as they are. Logs that have grown large are followed by new ones.
 */
export function keepInstances(deps: KeepDeps, timers: Timers): AsyncDisposable {
  const troubled = new Set<string>();
  const round = async (signal: AbortSignal): Promise<void> => {
    await noteHere(deps);
    await startWhatIsDown(deps, signal, troubled);
  };
  return keepRounds(round, {
    timers,
    interval,
    ended: (error) => {
      if (error !== null) deps.log.warn({ err: error }, 'the servers of own instances could not be looked after');
    },
  });
}

/** One look at all of them. */
async function startWhatIsDown(deps: KeepDeps, signal: AbortSignal, troubled: Set<string>): Promise<void> {
  const { provider } = deps;
  for (const { row } of await ownInstanceRows(deps)) {
    if (row.status === 'creating' || row.status === 'createfail' || notOurs.includes(row.action)) continue;
    const servers = serversOf(row);
    await provider.rotateLogs(servers);
    const running = await provider.running(servers);
    if (running.every(Boolean)) continue;
    try {
      await provider.start(servers, signal);
      troubled.delete(row.id);
      if (!running.some(Boolean)) await noteRestart(deps, deps.catalog.db, row.id, deps.clock.now());
      deps.log.info({ instanceId: row.id, ports: servers.ports }, 'servers of an instance started');
    } catch (error) {
      signal.throwIfAborted();
      note(deps, row, error, troubled);
    }
  }
}

function note(deps: KeepDeps, row: InstanceRow, error: unknown, troubled: Set<string>): void {
  if (troubled.has(row.id)) return;
  troubled.add(row.id);
  deps.log.error(
    { instanceId: row.id, ...(isLarderError(error) ? { code: error.code } : {}), err: error },
    'servers of an instance do not run and are tried again',
  );
}

/** Stops the servers of all own instances in order; they are started again by the next `keepInstances`. */
export async function stopInstances(deps: KeepDeps): Promise<void> {
  const results = await Promise.allSettled((await ownInstanceRows(deps)).map(({ row }) => deps.provider.stop(serversOf(row))));
  for (const result of results)
    if (result.status === 'rejected') deps.log.error({ err: result.reason }, 'servers could not be stopped');
}
