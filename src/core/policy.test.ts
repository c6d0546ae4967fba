import { describe, expect, it } from 'vitest';
import { isLarderError } from './errors.ts';
import { changedPolicy, noPolicy, type BackupPolicy, type PolicyRequest } from './policy.ts';

const on: BackupPolicy = { keepDays: 7, startTime: '19:00-20:00', period: '1,3' };
const outcome = (request: PolicyRequest, before = noPolicy): BackupPolicy | string => {
  try {
    return changedPolicy(before, request);
  } catch (error) {
    return isLarderError(error) ? error.code : String(error);
  }
};

describe('changedPolicy', () => {
  it('A7: takes days as a number and as digits, and keeps what was written', () => {
    const expected = { keepDays: 7, startTime: '23:15-00:15', period: '5,1' };
    expect(outcome({ keepDays: 7, startTime: '23:15-00:15', period: '5,1' })).toEqual(expected);
    expect(outcome({ keepDays: '7', startTime: '23:15-00:15', period: '5,1' })).toEqual(expected);
    expect(outcome({ keepDays: '007', startTime: '23:15-00:15', period: '5,1' })).toEqual(expected);
  });

  it.each([-1, 733, 1.5, Number.NaN, '', ' 7', '7 ', '-1', '7.0', '0x7', '733', '1e1', '10000'])(
    'A7: refuses %j days',
    (keepDays) => {
      expect(outcome({ keepDays, startTime: '19:00-20:00' })).toBe('invalid-keep-days');
    },
  );

  it.each([
    [null, 'invalid-backup-start'],
    ['', 'invalid-backup-start'],
    ['19:10-20:10', 'invalid-backup-start'],
    ['24:00-01:00', 'invalid-backup-start'],
    ['9:00-10:00', 'invalid-backup-start'],
    ['19:00 -20:00', 'invalid-backup-start'],
    ['19:00', 'invalid-backup-end'],
    ['19:00-21:00', 'invalid-backup-end'],
    ['19:00-20:15', 'invalid-backup-end'],
    ['23:00-24:00', 'invalid-backup-end'],
    ['19:00-20:00 ', 'invalid-backup-end'],
    ['19:00-19:00', 'invalid-backup-end'],
  ])('A7: refuses the window %j', (startTime, code) => {
    expect(outcome({ keepDays: 7, startTime })).toBe(code);
  });

  it.each(['8', '0', '1,', '1, 2', '1,1', '1;2', 'Mon', '1,2,3,4,5,6,7,1'])('A7: refuses the days %j', (period) => {
    expect(outcome({ keepDays: 7, startTime: '19:00-20:00', period })).toBe('invalid-backup-period');
  });

  it('A7: one to six days are kept only of daily backups', () => {
    expect(outcome({ keepDays: 6, startTime: '19:00-20:00', period: '1,2,3,4,5,6' })).toBe('invalid-backup-period');
    expect(outcome({ keepDays: 6, startTime: '19:00-20:00', period: '7,6,5,4,3,2,1' })).toMatchObject({
      period: '7,6,5,4,3,2,1',
    });
    expect(outcome({ keepDays: 1, startTime: '19:00-20:00' }, on)).toMatchObject({ period: '1,2,3,4,5,6,7' });
    expect(outcome({ keepDays: 7, startTime: '19:00-20:00', period: '7' })).toMatchObject({ period: '7' });
  });

  it('keeps the stored days where none are given, all seven where none are stored', () => {
    expect(outcome({ keepDays: 8, startTime: '01:00-02:00', period: '' }, on)).toMatchObject({ period: '1,3' });
    expect(outcome({ keepDays: 8, startTime: '01:00-02:00', period: null })).toMatchObject({ period: '1,2,3,4,5,6,7' });
  });

  it('is off with 0 days, whatever else is said, and forgets nothing', () => {
    expect(outcome({ keepDays: 0, startTime: '' }, on)).toEqual({ ...on, keepDays: 0 });
    expect(outcome({ keepDays: '0', startTime: '01:00-02:00', period: '2' }, on)).toEqual({ ...on, keepDays: 0 });
    expect(outcome({ keepDays: 0, startTime: 'x' }, on)).toBe('invalid-backup-start');
  });

  it('says the first thing wrong', () => {
    expect(outcome({ keepDays: 900, startTime: 'x', period: 'x' })).toBe('invalid-keep-days');
    expect(outcome({ keepDays: 9, startTime: 'x', period: 'x' })).toBe('invalid-backup-start');
    expect(outcome({ keepDays: 9, startTime: '19:00-22:00', period: 'x' })).toBe('invalid-backup-end');
  });
});
