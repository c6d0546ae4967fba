import { hostname } from 'node:os';
import type { ProcessIdentity } from '../../lib/process-identity.ts';
import type { Timers } from '../../lib/timers.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { newHexId } from '../new-id.ts';
import { putRecord } from '../records.ts';

/** How often a server shows that it is there, milliseconds. */
export const signInterval = 15_000;

export interface SignsOfLife extends AsyncDisposable {
  /** The record's id. */
  readonly run: string;
  readonly started: string;
}

type SignDeps = Pick<EngineDeps, 'repository' | 'clock' | 'log'>;

interface SignOptions {
  readonly catalogId: string;
  readonly process: ProcessIdentity | null;
  readonly timers: Timers;
  readonly interval: number;
  /** Called after each sign; what it throws is logged. */
  readonly given: () => Promise<void>;
}

/**
 * Shows in the repository that a server runs on it, from now on until disposed; the first sign is given once this resolves, and the last one is
 * taken away at the end. A sign that cannot be given is logged, and the next one comes. Throws what the store threw for the first one.
 */
export async function giveSigns(deps: SignDeps, options: SignOptions): Promise<SignsOfLife> {
  const { catalogId, process, timers, interval, given } = options;
  const { repository, clock, log } = deps;
  const run = newHexId();
  const started = clock.now().toISOString();
  const stop = new AbortController();
  let count = 0;
  const give = (): Promise<void> => {
    const at = clock.now().toISOString();
    return putRecord(repository, 'sign-of-life', run, { catalogId, host: hostname(), process, started, count: ++count, at });
  };
  await give();
  const rounds = async (): Promise<void> => {
    for (;;) {
      await timers.sleep(interval, stop.signal);
      if (stop.signal.aborted) return;
      try {
        await give();
        await given();
      } catch (error) {
        log.warn({ err: error }, 'the repository could not be told that this server runs');
      }
    }
  };
  const running = rounds();
  return {
    run,
    started,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
      // Where it stays it only costs the next owner a wait.
      await repository.records.delete('sign-of-life', run).catch(() => undefined);
    },
  };
}
