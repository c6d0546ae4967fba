import { describe, expect, it } from 'vitest';
import { drillIsDue, proofState, readDrillSchedule } from './drill-schedule.ts';

const at = (time: string): Date => new Date(`2026-11-${time}Z`);
const weekly = { everyDays: 7, startTime: null };
const nightly = { everyDays: 1, startTime: '03:00-04:00' };

describe('a schedule of drills', () => {
  it('has defaults', () => {
    expect(readDrillSchedule({ everyDays: 7 })).toEqual({ everyDays: 7, startTime: null, proofDays: 8, assertions: [] });
  });

  it.each([
    [{ everyDays: 0 }, 'invalid-drill-schedule'],
    [{ everyDays: 1.5 }, 'invalid-drill-schedule'],
    [{ everyDays: 367 }, 'invalid-drill-schedule'],
    [{ everyDays: 7, startTime: '3-4' }, 'invalid-drill-schedule'],
    [{ everyDays: 7, startTime: '03:00-05:00' }, 'invalid-drill-schedule'],
    [{ everyDays: 7, proofDays: 6 }, 'invalid-drill-schedule'],
    [{ everyDays: 7, proofDays: 733 }, 'invalid-drill-schedule'],
    [{ everyDays: 7, assertions: [{ namespace: 'x' }] }, 'invalid-assertion'],
  ])('is refused: %j', (request, code) => {
    expect(() => readDrillSchedule(request)).toThrow(expect.objectContaining({ code }));
  });
});

describe('a drill', () => {
  const ended = (time: string, verdict = true) => ({ begun: at(time), verdict });

  it('is due at once, then when its days are over', () => {
    expect(drillIsDue(weekly, null, at('01T00:00:00'))).toBe(true);
    expect(drillIsDue(weekly, ended('01T12:00:00'), at('08T11:59:59'))).toBe(false);
    expect(drillIsDue(weekly, ended('01T12:00:00'), at('08T12:00:00'))).toBe(true);
  });

  it('keeps to its hour, also if it began late in the last', () => {
    expect(drillIsDue(nightly, null, at('01T02:59:59'))).toBe(false);
    expect(drillIsDue(nightly, null, at('01T04:00:00'))).toBe(false);
    expect(drillIsDue(nightly, ended('01T03:59:59'), at('02T03:00:00'))).toBe(true);
    expect(drillIsDue(nightly, ended('01T03:00:00'), at('01T03:59:59'))).toBe(false);
  });

  it('that came to no verdict is held again a day later', () => {
    expect(drillIsDue(weekly, ended('01T12:00:00', false), at('02T11:59:59'))).toBe(false);
    expect(drillIsDue(weekly, ended('01T12:00:00', false), at('02T12:00:00'))).toBe(true);
  });

  it('is due where the last one lies in the future, because the clock was set back', () => {
    expect(drillIsDue(weekly, ended('01T12:00:00'), at('01T11:00:00'))).toBe(false);
    expect(drillIsDue(weekly, ended('20T12:00:00'), at('01T12:00:00'))).toBe(true);
  });
});

describe('an instance', () => {
  const schedule = { proofDays: 8, since: at('01T00:00:00') };
  const proved = (time: string) => ({ verdict: 'proved', provedAt: at(time) }) as const;

  it('without a schedule is what its last proof says', () => {
    expect(proofState(null, null, at('01T00:00:00'))).toBe('none');
    expect(proofState(null, proved('01T00:00:00'), at('29T00:00:00'))).toBe('proved');
    expect(proofState(null, { verdict: 'failed', provedAt: at('01T00:00:00') }, at('02T00:00:00'))).toBe('failed');
  });

  it('with a schedule is overdue once its last proof is too old, or none came', () => {
    expect(proofState(schedule, null, at('08T00:00:00'))).toBe('waiting');
    expect(proofState(schedule, null, at('09T00:00:01'))).toBe('overdue');
    expect(proofState(schedule, proved('10T00:00:00'), at('18T00:00:00'))).toBe('proved');
    expect(proofState(schedule, proved('10T00:00:00'), at('18T00:00:01'))).toBe('overdue');
    // A proof of the future says that the clock was wrong when it was made.
    expect(proofState(schedule, proved('28T00:00:00'), at('10T00:00:00'))).toBe('overdue');
  });
});
