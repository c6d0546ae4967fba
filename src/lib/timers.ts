import { setTimeout as delay } from 'node:timers/promises';

/** Where waiting comes from. Everything that does something again and again is given one of these. */
export interface Timers {
  /** Resolves after so many milliseconds, or with the abort of the signal, whichever comes first; never rejects. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** The machine's own timers. They keep no process alive. */
export const systemTimers: Timers = {
  sleep: (milliseconds, signal) => delay(milliseconds, undefined, { signal, ref: false }).catch(() => undefined),
};
