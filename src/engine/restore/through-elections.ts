import { setTimeout as delay } from 'node:timers/promises';
import { isLarderError } from '../../core/errors.ts';
import { translateMongoError } from '../../mongo/connect.ts';

/** With the driver's own search for a primary this waits about two minutes: longer than an election, or a restart of a member. */
const repetitions = 8;
const longestPauseMs = 5_000;

/**
 * Does a step that may be done again from its beginning, and does it again while the target has no primary or changes it. Every
 * other failure, and the last one, is thrown as it is; `signal.reason` on cancellation.
 */
export async function throughElections<T>(signal: AbortSignal, step: () => Promise<T>): Promise<T> {
  for (let failures = 0; ; failures++) {
    try {
      return await step();
    } catch (error) {
      signal.throwIfAborted();
      // The store has repetitions of its own.
      const foreign = isLarderError(error) && error.code !== 'restore-failed';
      if (foreign || failures === repetitions || !translateMongoError(error, 'restore-failed', '').retryable) throw error;
      await delay(Math.min(longestPauseMs, 500 * 2 ** failures), undefined, { signal });
    }
  }
}
