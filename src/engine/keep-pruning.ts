import type { JobDeps } from './engine-deps.ts';

/** How often what nothing needs is looked for, milliseconds. Its removal waits for the grace time in any case. */
const interval = 6 * 60 * 60 * 1000;

/**
 * Frees, now and then, what no backup needs any more. Several servers on one repository may do so at the same time; a failure is
 * logged and the next round comes. Disposing stops it, a round under way included.
 */
export function keepPruning({
  runTask,
  repositoryConnection,
  log,
}: Pick<JobDeps, 'runTask' | 'repositoryConnection' | 'log'>): AsyncDisposable {
  const stop = new AbortController();
  let round: Promise<void> = Promise.resolve();
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
  const timer = setInterval(() => {
    round = round.then(prune);
  }, interval);
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      stop.abort();
      await round;
    },
  };
}
