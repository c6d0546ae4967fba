import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextWindow, windowAt, windowsEnded } from './policy-window.ts';

const at = (text: string): Date => new Date(`${text}Z`);
const daily = { keepDays: 7, startTime: '23:15-00:15', period: '1,2,3,4,5,6,7' };
const mondays = { keepDays: 7, startTime: '19:00-20:00', period: '1' };

const policies = fc.record({
  keepDays: fc.constantFrom(7, 732),
  startTime: fc.constantFrom('00:00-01:00', '12:30-13:30', '23:45-00:45'),
  period: fc.subarray(['1', '2', '3', '4', '5', '6', '7'], { minLength: 1 }).map((days) => days.join(',')),
});
const minute = 60_000;
const times = fc.integer({ min: 0, max: 3_000_000 }).map((minutes) => new Date(1_700_000_040_000 + minutes * minute));

describe('windows', () => {
  it('are hours in UTC on the chosen days; the first minute is in, the last moment is not', () => {
    // 23 November 2026 is a Monday.
    expect(windowAt(mondays, at('2026-11-23T19:00:00'))).toEqual({
      start: at('2026-11-23T19:00:00'),
      end: at('2026-11-23T20:00:00'),
    });
    expect(windowAt(mondays, at('2026-11-23T18:59:59.999'))).toBeNull();
    expect(windowAt(mondays, at('2026-11-23T20:00:00'))).toBeNull();
    expect(windowAt(mondays, at('2026-11-24T19:30:00'))).toBeNull();
  });

  it('may reach over midnight and belong to the day they begin on', () => {
    expect(windowAt(daily, at('2026-12-01T00:10:00'))?.start).toEqual(at('2026-11-30T23:15:00'));
    expect(windowAt({ ...daily, period: '2' }, at('2026-12-01T00:10:00'))).toBeNull();
  });

  it('come next where the policy is on', () => {
    expect(nextWindow(mondays, at('2026-11-23T19:00:00'))?.start).toEqual(at('2026-11-30T19:00:00'));
    expect(nextWindow(daily, at('2026-11-23T19:00:00'))?.start).toEqual(at('2026-11-23T23:15:00'));
    expect(nextWindow({ ...daily, keepDays: 0 }, at('2026-11-23T19:00:00'))).toBeNull();
    expect(
      windowsEnded({ ...daily, keepDays: 0 }, { from: at('2020-01-01T00:00:00'), to: at('2026-01-01T00:00:00') }, 3),
    ).toEqual({
      windows: [],
      total: 0,
    });
  });

  it('counts those that ended exactly, however many they are, and lists the newest', () => {
    fc.assert(
      fc.property(policies, times, times, fc.integer({ min: 1, max: 5 }), (policy, a, b, limit) => {
        const [from, to] = a <= b ? [a, b] : [b, a];
        const all: Date[] = [];
        for (let next = nextWindow(policy, new Date(from.getTime() - 60 * minute)); next !== null && next.end <= to;) {
          all.push(next.start);
          next = nextWindow(policy, next.start);
        }
        const { windows, total } = windowsEnded(policy, { from, to }, limit);
        expect(total).toBe(all.length);
        expect(windows.map(({ start }) => start)).toEqual(all.slice(-limit));
      }),
      { numRuns: 40 },
    );
  });

  it('a window that is open is the next one of the moment before it', () => {
    fc.assert(
      fc.property(policies, times, (policy, now) => {
        const open = windowAt(policy, now);
        if (open === null) return;
        expect(nextWindow(policy, new Date(open.start.getTime() - 1))).toEqual(open);
      }),
    );
  });
});
