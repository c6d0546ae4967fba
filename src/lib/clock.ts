/** Where time comes from. Everything that needs the time is given one of these. */
export interface Clock {
  now(): Date;
}

/** The machine's own clock; the only place that reads it. */
export const systemClock: Clock = { now: () => new Date() };
