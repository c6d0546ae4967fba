/** A round never waits less than this, however much is written. Milliseconds. */
const shortest = 500;
/** Part of the source's oplog window that may pass between two rounds. */
const windowShare = 0.25;

/** What the round before saw. */
export interface RoundSeen {
  readonly intervalMs: number;
  readonly segmentBytes: number;
  /** Read in the round, and the seconds of the source they are of. */
  readonly bytes: number;
  readonly seconds: number;
  /** Seconds of oplog that the source keeps; null where that is not known. */
  readonly window: number | null;
}

/**
 * Milliseconds from the beginning of one round to that of the next: the interval, or less where a segment fills up faster, or where the
 * oplog of the source is so small that it could roll over (pitfalls O5).
 */
export function roundLength({ intervalMs, segmentBytes, bytes, seconds, window }: RoundSeen): number {
  const full = bytes === 0 ? Infinity : (Math.max(1, seconds) * 1000 * segmentBytes) / bytes;
  const safe = window === null ? Infinity : window * 1000 * windowShare;
  return Math.max(Math.min(shortest, intervalMs), Math.min(intervalMs, full, safe));
}

/** What an idle source says is stored once in so many intervals: each time costs an object. */
const idleIntervals = 6;

/**
 * True if entries that only say that the source is there can wait for a later round, nothing having been stored for so many milliseconds. They
 * are a hundred bytes in ten seconds, so that no oplog rolls over for that.
 */
export function idleMayWait({ intervalMs }: Pick<RoundSeen, 'intervalMs'>, sinceStored: number): boolean {
  return sinceStored < idleIntervals * intervalMs;
}
