/** What was last seen of the clock, so that a jump is not taken for time that went by. */
export interface SeenTime {
  /** When it was last looked at. */
  readonly seen: Date;
  /** Nothing expires before this. */
  readonly holdUntil: Date;
}

/** A clock that moved by more than this since it was last looked at was set, or nobody looked for long. */
const forwardJumpMs = 24 * 3_600_000;

/** Servers that share a catalog may disagree by less than this. */
export const clockSlackMs = 2 * 3_600_000;

/** After a jump nothing expires for so long: time enough for a wrong clock to be put right. */
const holdMs = 3_600_000;

/**
 * What is known of the clock at `now`, given what was known before (null: nothing yet). After a jump in either direction, or a long
 * pause, deletions wait for an hour: a clock that is days ahead for a while must not cost a backup.
 */
export function lookAtClock(before: SeenTime | null, now: Date): SeenTime & { readonly jumped: boolean } {
  if (before === null) return { seen: now, holdUntil: now, jumped: false };
  const moved = now.getTime() - before.seen.getTime();
  const hold = new Date(now.getTime() + holdMs);
  if (moved > forwardJumpMs || moved < -clockSlackMs) return { seen: now, holdUntil: hold, jumped: true };
  return { seen: now, holdUntil: before.holdUntil > hold ? hold : before.holdUntil, jumped: false };
}
