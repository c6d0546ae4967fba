import type { Clock } from './clock.ts';

/** Counts what comes from each key and says when it is too much. */
export interface RateLimiter {
  /** 0 if one more may pass, and it counts; else the whole seconds, at least one, until one may, and nothing is counted. */
  take(key: string): number;
}

/** More keys than this are not remembered: whoever invents keys must not fill the memory. */
const mostKeys = 10_000;

/**
 * Lets `perMinute` of each key pass in any minute's time, evenly: all at once if it was quiet before, then one for each that has
 * become free. Where there are too many keys the one that was seen first is forgotten, and starts anew.
 */
export function createRateLimiter(perMinute: number, clock: Clock): RateLimiter {
  const buckets = new Map<string, { left: number; at: number }>();
  const msForOne = 60_000 / perMinute;
  return {
    take(key) {
      const now = clock.now().getTime();
      const bucket = buckets.get(key);
      // A clock that was set back gives nothing, and takes nothing away.
      const left = bucket === undefined ? perMinute : Math.min(perMinute, bucket.left + Math.max(0, now - bucket.at) / msForOne);
      buckets.delete(key);
      if (buckets.size >= mostKeys) buckets.delete(buckets.keys().next().value!);
      const pass = left >= 1;
      buckets.set(key, { left: pass ? left - 1 : left, at: now });
      return pass ? 0 : Math.max(1, Math.ceil(((1 - left) * msForOne) / 1000));
    },
  };
}
