/** How the member that is read from fared since the sample before. */
export interface LoadSample {
  /** What reads of others took on average, milliseconds; null where hardly anybody else reads. */
  readonly readLatency: number | null;
  /** Shares of the storage engine's cache, 0 to 1. */
  readonly cacheUsed: number;
  readonly cacheDirty: number;
  /** How much further behind its primary it is than when we began, seconds. */
  readonly lagGrowth: number;
  /** What we read from it in a second, bytes. */
  readonly bytesPerSecond: number;
}

/** What a kind of trouble is called in notes; one note for each, whatever its numbers. */
export type Trouble = 'latency' | 'dirty-cache' | 'full-cache' | 'lag';

/** How fast we read for the sake of others. */
export interface Ease {
  /** Bytes a second; null: as fast as we can. */
  readonly limit: number | null;
  /** Why there is a limit, for people; null where there is none. */
  readonly cause: string | null;
  readonly trouble: Trouble | null;
  /** Samples without trouble in a row. */
  readonly calm: number;
  /** What reads of others take when nothing is wrong, milliseconds; null while unknown. */
  readonly usualLatency: number | null;
}

export const atEase: Ease = { limit: null, cause: null, trouble: null, calm: 0, usualLatency: null };

/** Reads that take this long are felt by people, and so many times the usual is no chance. */
const slowRead = 50;
const slowerThanUsual = 4;
/** What is usual where nobody knows it yet, milliseconds. */
const assumedLatency = 20;
/** WiredTiger makes clients clean the cache themselves from 20 % dirty and 95 % used on; before that it is only its own threads. */
const dirtyCache = 0.15;
const fullCache = 0.93;
/** Seconds. */
const growingLag = 10;
/** Never slower than this, or the oplog might not be followed; nor is a limit above that last worth having. Bytes a second. */
const slowest = 2_000_000;
const fastest = 256_000_000;
/** Where nothing was read yet. */
const firstLimit = 32_000_000;
const calmBeforeMore = 2;

/**
 * The pace after a sample: half of what was read where the member is in trouble, half as much again after each calm sample from the
 * second on, no limit at all once it does not bind any more. Pure.
 */
export function easeOff(before: Ease, sample: LoadSample): Ease {
  const found = troubleOf(sample, before.usualLatency ?? assumedLatency);
  if (found !== null) {
    const reached = sample.bytesPerSecond > 0 ? sample.bytesPerSecond : firstLimit;
    const limit = Math.max(slowest, Math.min(before.limit ?? Infinity, reached) / 2);
    return { ...before, ...found, limit, calm: 0 };
  }
  const { readLatency } = sample;
  const usualLatency =
    readLatency === null
      ? before.usualLatency
      : before.usualLatency === null
        ? readLatency
        : (before.usualLatency * 4 + readLatency) / 5;
  const calm = before.calm + 1;
  if (before.limit === null || calm < calmBeforeMore) return { ...before, calm, usualLatency };
  const limit = before.limit * 1.5;
  return limit < fastest ? { ...before, limit, calm, usualLatency } : { ...atEase, calm, usualLatency };
}

function troubleOf(sample: LoadSample, usual: number): { readonly trouble: Trouble; readonly cause: string } | null {
  const { readLatency, cacheDirty, cacheUsed, lagGrowth } = sample;
  if (readLatency !== null && readLatency >= Math.max(slowRead, slowerThanUsual * usual)) {
    return { trouble: 'latency', cause: `reads of others took ${Math.round(readLatency)} ms` };
  }
  if (cacheDirty >= dirtyCache) return { trouble: 'dirty-cache', cause: `${percent(cacheDirty)} of the cache was dirty` };
  if (cacheUsed >= fullCache) return { trouble: 'full-cache', cause: `${percent(cacheUsed)} of the cache was in use` };
  if (lagGrowth >= growingLag) return { trouble: 'lag', cause: `the member fell ${Math.round(lagGrowth)} s behind` };
  return null;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
