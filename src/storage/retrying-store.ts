import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { isLarderError } from '../core/errors.ts';
import type { ObjectStore, StoreOptions } from './port.ts';
import { storeCancelled } from './store-errors.ts';

/** How often and how far apart an operation is repeated. */
export interface RetryPolicy {
  /** Tries in all, the first one included. */
  readonly attempts: number;
  /** Longest wait before the second try, in milliseconds; doubled for each further one. */
  readonly firstWait: number;
  /** No wait is longer, in milliseconds. */
  readonly longestWait: number;
  /** Resolves after so many milliseconds or rejects when aborted. */
  readonly wait: (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>;
}

/** Six tries within about half a minute: longer than a store's hiccup, shorter than a person's patience. */
export const defaultRetryPolicy: RetryPolicy = {
  attempts: 6,
  firstWait: 250,
  longestWait: 10_000,
  wait: async (milliseconds, signal) => {
    await delay(milliseconds, undefined, signal === undefined ? {} : { signal });
  },
};

/**
 * Repeats what failed with a retryable error, with jitter between half the wait and the whole of it, at most
 * `policy.attempts` times; then throws the last error. Anything else is thrown at once. A list goes on behind the last key it gave.
 */
export function createRetryingStore(inner: ObjectStore, policy: RetryPolicy = defaultRetryPolicy): ObjectStore {
  const pause = async (attempt: number, signal: AbortSignal | undefined): Promise<void> => {
    const most = Math.min(policy.firstWait * 2 ** (attempt - 1), policy.longestWait);
    try {
      await policy.wait(Math.ceil(most / 2) + randomInt(Math.floor(most / 2) + 1), signal);
    } catch (error) {
      throw signal?.aborted ? storeCancelled(error) : error;
    }
  };
  const repeatable = (error: unknown, attempt: number): boolean =>
    isLarderError(error) && error.retryable && attempt < policy.attempts;
  const retry = async <T>(options: StoreOptions | undefined, run: () => Promise<T>): Promise<T> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await run();
      } catch (error) {
        if (!repeatable(error, attempt)) throw error;
        await pause(attempt, options?.signal);
      }
    }
  };
  async function* list(prefix: string, options?: StoreOptions): ReturnType<ObjectStore['list']> & AsyncGenerator {
    let last = '';
    for (let attempt = 1; ; attempt++) {
      try {
        for await (const object of inner.list(prefix, options)) {
          if (object.key <= last) continue;
          last = object.key;
          attempt = 1;
          yield object;
        }
        return;
      } catch (error) {
        if (!repeatable(error, attempt)) throw error;
        await pause(attempt, options?.signal);
      }
    }
  }
  return {
    location: inner.location,
    put: (key, bytes, options) => retry(options, () => inner.put(key, bytes, options)),
    get: (key, options) => retry(options, () => inner.get(key, options)),
    getRange: (key, offset, length, options) => retry(options, () => inner.getRange(key, offset, length, options)),
    stat: (key, options) => retry(options, () => inner.stat(key, options)),
    list,
    delete: (key, options) => retry(options, () => inner.delete(key, options)),
    close: () => inner.close(),
  };
}
