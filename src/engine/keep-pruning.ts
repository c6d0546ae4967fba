import type { JobDeps } from './engine-deps.ts';
import { retainArchives } from './follow/retain-archives.ts';

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
): AsyncDisposable {
  const { runTask, repositoryConnection, log } = deps;
  const stop = new AbortController();
  const seen = new Set<string>();
  const trim = (): Promise<void> =>
    retainArchives(deps, seen, stop.signal).catch((error: unknown) => {
      if (!stop.signal.aborted) log.warn({ err: error }, 'archived oplogs could not be looked at');
    });
  const prune = async (): Promise<void> => {
    try {
      const { freedBytes } = await runTask<'prune'>(
        { kind: 'prune', repository: repositoryConnection },
        { signal: stop.signal, report: () => undefined },
      );
      if (freedBytes > 0) log.info({ freedBytes }, 'freed what no backup needs any more');
    } catch (error) {
      if (!stop.signal.aborted) log.warn({ err: error }, 'the repository could not be pruned');
    }
  };
  let round = trim();
  let rounds = 0;
  const timer = setInterval(() => {
    round = round.then(trim);
    if (++rounds % roundsBetweenPrunings === 0) round = round.then(prune);
  }, interval);
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      stop.abort();
      await round;
    },
  };
}
