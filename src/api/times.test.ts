import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatBlankTime, formatOffsetTime, formatPlainTime, formatTokenTime, parseSignedDate, parseTime } from './times.ts';

const seconds = fc
  .integer({ min: Date.UTC(1, 0, 1) / 1000, max: Date.UTC(9999, 11, 31) / 1000 })
  .map((value) => new Date(value * 1000));

describe('times', () => {
  it('are read back from every format in which they are written', () => {
    fc.assert(
      fc.property(seconds, (date) => {
        for (const format of [formatBlankTime, formatPlainTime, formatOffsetTime, formatTokenTime]) {
          expect(parseTime(format(date))).toEqual(date);
        }
        // Form decoding turns the plus sign of an offset into a blank.
        expect(parseTime(formatOffsetTime(date).replace('+', ' '))).toEqual(date);
      }),
    );
  });

  it('have the documented look', () => {
    const date = new Date('2018-08-06T12:41:14.987Z');
    expect(formatBlankTime(date)).toBe('2018-08-06 12:41:14');
    expect(formatPlainTime(date)).toBe('2018-08-06T12:41:14');
    expect(formatOffsetTime(date)).toBe('2018-08-06T12:41:14+0000');
    expect(formatTokenTime(date)).toBe('2018-08-06T12:41:14.987000Z');
  });

  it.each([
    ['2020-12-11T18:14:49+0800', '2020-12-11T10:14:49.000Z'],
    ['2020-12-11T18:14:49-08:30', '2020-12-12T02:44:49.000Z'],
    ['2020-02-29 00:00:00', '2020-02-29T00:00:00.000Z'],
    ['2020-11-15T22:49:38.643000Z', '2020-11-15T22:49:38.643Z'],
  ])('%s is %s', (text, iso) => {
    expect(parseTime(text)?.toISOString()).toBe(iso);
  });

  it.each([
    '',
    '2018-08-06',
    '2018-02-30 00:00:00',
    '2019-02-29 00:00:00',
    '2018-13-01 00:00:00',
    '2018-08-06 24:00:00',
    '2018-08-06 10:60:00',
  ])('%s is none', (text) => {
    expect(parseTime(text)).toBeNull();
  });

  it('of a signature have one form only', () => {
    expect(parseSignedDate('20261123T093810Z')?.toISOString()).toBe('2026-11-23T09:38:10.000Z');
    for (const text of ['2026-11-23T09:38:10Z', '20261123T093810', '20261323T093810Z', '20261123T093810Z ']) {
      expect(parseSignedDate(text)).toBeNull();
    }
  });
});
