import { setTimeout as delay } from 'node:timers/promises';
import { LarderError } from '../core/errors.ts';

export interface WaitOptions {
  /** Milliseconds until the wait fails. */
  readonly timeoutMs: number;
  /** Milliseconds between two questions; 50 unless given. */
  readonly intervalMs?: number;
  readonly signal?: AbortSignal;
  /** What is awaited, as the end of the sentence "… waiting for". */
  readonly what?: string;
}

/**
 * Asks until the answer is neither false, null nor undefined, and resolves with it. A question that throws counts as "not
 * yet"; the last such error is the `cause` when time runs out. `signal.reason` is thrown on cancellation, at once.
 */
export async function waitUntil<T>(
  ask: (signal: AbortSignal) => T | Promise<T>,
  options: WaitOptions,
): Promise<Exclude<T, false | null | undefined | void>> {
  const deadline = AbortSignal.timeout(options.timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
  let failure: unknown;
  for (;;) {
    options.signal?.throwIfAborted();
    if (deadline.aborted) break;
    try {
      const answer = await ask(signal);
      if (answer !== false && answer !== null && answer !== undefined) {
        return answer as Exclude<T, false | null | undefined | void>;
      }
    } catch (error) {
      failure = error;
    }
    await delay(options.intervalMs ?? 50, undefined, { signal }).catch(() => undefined);
  }
  const reason = failure instanceof Error ? `: ${failure.message}` : '';
  throw new LarderError(
    'internal',
    `gave up after ${options.timeoutMs} ms waiting for ${options.what ?? 'a condition'}${reason}`,
    {
      cause: failure,
    },
  );
}
