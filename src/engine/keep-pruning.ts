import type { Timers } from '../lib/timers.ts';
import type { JobDeps } from './engine-deps.ts';
import { retainArchives } from './follow/retain-archives.ts';
import { keepRounds } from './keep-rounds.ts';

/** How often archived oplogs are looked at, milliseconds. */
const interval = 60 * 60 * 1000;
/** What no backup needs is looked for once in so many rounds. Its removal waits for the grace time in any case. */
const roundsBetweenPrunings = 6;

/**
 * Frees, now and then, what nothing needs any more: of archived oplogs at once and every hour, of backups every six hours. Several servers
 * on one repository may do so at the same time; a failure is logged and the next round comes. Disposing stops it, a round under way included.
 */
export function keepPruning(
  deps: Pick<JobDeps, 'catalog' | 'clock' | 'runTask' | 'repository' | 'repositoryConnection' | 'log'>,
  timers: Timers,
): AsyncDisposable {
  const { runTask, repositoryConnection, log } = deps;
  const seen = new Set<string>();
  const prune = async (signal: AbortSignal): Promise<void> => {
    try {
      const { freedBytes } = await runTask<'prune'>(
        { kind: 'prune', repository: repositoryConnection },
        { signal, report: () => undefined },
      );
      if (freedBytes > 0) log.info({ freedBytes }, 'freed what no backup needs any more');
    } catch (error) {
      if (!signal.aborted) log.warn({ err: error }, 'the repository could not be pruned');
    }
  };
  let rounds = 0;
  const round = async (signal: AbortSignal): Promise<void> => {
    try {
      await retainArchives(deps, seen, signal);
    } finally {
      if (rounds > 0 && rounds % roundsBetweenPrunings === 0) await prune(signal);
      rounds++;
    }
  };
  return keepRounds(round, {
    timers,
    interval,
    ended: (error) => {
      if (error !== null) log.warn({ err: error }, 'archived oplogs could not be looked at');
    },
  });
}
