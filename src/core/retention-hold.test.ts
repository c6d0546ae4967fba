import { describe, expect, it } from 'vitest';
import { lookAtClock } from './retention-hold.ts';

const hour = 3_600_000;
const at = (hours: number): Date => new Date(1_800_000_000_000 + hours * hour);

describe('lookAtClock', () => {
  it('trusts a clock that goes on, and one seen for the first time', () => {
    expect(lookAtClock(null, at(0))).toEqual({ seen: at(0), holdUntil: at(0), jumped: false });
    expect(lookAtClock({ seen: at(0), holdUntil: at(0) }, at(24))).toEqual({ seen: at(24), holdUntil: at(0), jumped: false });
  });

  it('P5: waits an hour after a jump ahead or back', () => {
    expect(lookAtClock({ seen: at(0), holdUntil: at(0) }, at(25))).toEqual({ seen: at(25), holdUntil: at(26), jumped: true });
    expect(lookAtClock({ seen: at(0), holdUntil: at(0) }, at(-3))).toEqual({ seen: at(-3), holdUntil: at(-2), jumped: true });
  });

  it('P5: a clock put right soon after a jump ahead waits an hour of the right time', () => {
    const ahead = lookAtClock({ seen: at(0), holdUntil: at(0) }, at(720));
    expect(lookAtClock(ahead, at(0.5))).toEqual({ seen: at(0.5), holdUntil: at(1.5), jumped: true });
  });

  it('never waits longer than an hour of the clock as it is', () => {
    expect(lookAtClock({ seen: at(1), holdUntil: at(2) }, at(0)).holdUntil).toEqual(at(1));
  });
});
