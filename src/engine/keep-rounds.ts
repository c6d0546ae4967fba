import type { Timers } from '../lib/timers.ts';

export interface Rounds {
  readonly timers: Timers;
  /** Milliseconds from the end of a round to the beginning of the next. */
  readonly interval: number;
  /** Told after each round: null, or what it failed with. A round that was ended by disposing has not failed. */
  readonly ended: (error: unknown) => void;
}

/** Does `round` again and again, one at a time and the first at once, until disposed, which waits for the one under way. */
export function keepRounds(round: (signal: AbortSignal) => Promise<void>, { timers, interval, ended }: Rounds): AsyncDisposable {
  const stop = new AbortController();
  const rounds = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const failure: unknown = await round(stop.signal).then(
        () => null,
        (error: unknown) => error,
      );
      if (failure === null || !stop.signal.aborted) ended(failure);
      await timers.sleep(interval, stop.signal);
    }
  };
  const running = rounds();
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
    },
  };
}
