import { setTimeout as delay } from 'node:timers/promises';

/**
 * Does `work` and, as long as it takes, `also` again and again with `interval` milliseconds in between. Where either fails the signal
 * of `work` ends; resolves or rejects when both are over.
 */
export async function meanwhile(
  work: (signal: AbortSignal) => Promise<unknown>,
  also: () => Promise<void>,
  options: { readonly interval: number; readonly signal: AbortSignal },
): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  let running = true;
  const working = work(signal).finally(() => (running = false));
  const ended = working.catch(() => undefined);
  try {
    while (running) {
      await Promise.race([ended, delay(options.interval, undefined, { signal })]);
      if (running) await also();
    }
  } finally {
    stop.abort();
    await ended;
  }
  await working;
}
