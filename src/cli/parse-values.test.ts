import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CommandError } from './command-error.ts';
import { parseDuration } from './parse-duration.ts';
import { parseShare } from './parse-share.ts';
import { parseTime } from './parse-time.ts';

test.each([
  ['90s', 90_000],
  ['30m', 1_800_000],
  ['30 min', 1_800_000],
  ['48h', 172_800_000],
  ['7d', 604_800_000],
  ['0h', 0],
])('%s is %d ms', (text, milliseconds) => expect(parseDuration(text)).toBe(milliseconds));

test.each(['', '48', 'h', '-1h', '1.5h', '1h30m', '1w', '9999999d'])('%j is no duration', (text) => {
  expect(() => parseDuration(text)).toThrow(CommandError);
});

test.each([
  ['5%', 0.05],
  ['100%', 1],
  ['0.5 %', 0.005],
])('%s is the share %d', (text, share) => expect(parseShare(text)).toBeCloseTo(share, 12));

test.each(['', '5', '0%', '101%', '-1%', 'all'])('%j is no share', (text) => {
  expect(() => parseShare(text)).toThrow(CommandError);
});

test('a time is read as it is written, and what is none is refused', () => {
  expect(parseTime('2026-03-01T11:00:00+01:00')).toBe('2026-03-01T10:00:00.000Z');
  for (const text of ['', 'noon', '1795600800:7']) expect(() => parseTime(text)).toThrow('2026-03-01');
});

test('every whole number with a unit is read back', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 999_999 }),
      fc.constantFrom(['s', 1], ['m', 60], ['h', 3_600], ['d', 86_400]),
      (count, [unit, seconds]) => {
        expect(parseDuration(`${count}${unit}`)).toBe(count * Number(seconds) * 1000);
      },
    ),
  );
});
