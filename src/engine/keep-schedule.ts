import type { Timers } from '../lib/timers.ts';
import type { EngineDeps } from './engine-deps.ts';
import { keepRounds } from './keep-rounds.ts';
import { instanceRefresher } from './refresh-instance.ts';
import { scheduleRound } from './schedule-round.ts';

/** How often is looked whether something is due, milliseconds. */
const interval = 15_000;

/**
 * Begins automated backups when they are due and deletes them when their days are over, until disposed. Any number of servers on one
 * catalog may do so at the same time. A round that fails is logged and the next one comes; `ended` hears of each.
 */
export function keepSchedule(
  deps: EngineDeps,
  timers: Timers,
  ended: (well: boolean) => void = () => undefined,
): AsyncDisposable {
  const refresh = instanceRefresher(deps);
  return keepRounds(() => scheduleRound(deps, refresh), {
    timers,
    interval,
    ended: (error) => {
      if (error !== null) deps.log.warn({ err: error }, 'automated backups could not be looked after');
      ended(error === null);
    },
  });
}
