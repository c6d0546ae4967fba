import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatBytes } from './format-bytes.ts';
import { formatCount } from './format-count.ts';
import { formatDuration } from './format-duration.ts';
import { formatFields, formatTable } from './format-table.ts';
import { formatTime } from './format-time.ts';
import { printable } from './printable.ts';

const factors: Readonly<Record<string, number>> = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40, PiB: 2 ** 50 };

describe('formatBytes', () => {
  test.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1536, '1.5 KiB'],
    [1048575, '1.0 MiB'],
    [24536678, '23.4 MiB'],
    [2 ** 62, '4096.0 PiB'],
    [-1, '0 B'],
    [Number.NaN, '0 B'],
  ])('%d is %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  test('what is printed is within half a decimal place of the value, and never reaches 1024 of a unit', () => {
    fc.assert(
      fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (bytes) => {
        const [number = '', unit = ''] = formatBytes(bytes).split(' ');
        const factor = factors[unit] ?? Number.NaN;
        expect(Math.abs(Number(number) * factor - bytes)).toBeLessThanOrEqual(factor * 0.0501);
        expect(Number(number)).toBeLessThan(1024);
      }),
    );
  });

  test('more bytes never read as fewer', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 45 }), fc.nat({ max: 2 ** 45 }), (a, b) => {
        const value = (bytes: number): number => {
          const [number = '', unit = ''] = formatBytes(bytes).split(' ');
          return Number(number) * (factors[unit] ?? Number.NaN);
        };
        expect(value(Math.min(a, b))).toBeLessThanOrEqual(value(Math.max(a, b)));
      }),
    );
  });
});

describe('formatCount', () => {
  test('without its commas it is the number, and no group is longer than three digits', () => {
    fc.assert(
      fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (count) => {
        const text = formatCount(count);
        expect(Number(text.replaceAll(',', ''))).toBe(count);
        expect(text).toMatch(/^\d{1,3}(,\d{3})*$/);
      }),
    );
  });
});

describe('formatDuration', () => {
  test.each([
    [0, '0.0 s'],
    [0.44, '0.4 s'],
    [9.94, '9.9 s'],
    [9.96, '10 s'],
    [59.6, '1 min 00 s'],
    [185, '3 min 05 s'],
    [3_599.7, '1 h 00 min'],
    [7_620, '2 h 07 min'],
    [-5, '0.0 s'],
    [Number.POSITIVE_INFINITY, '0.0 s'],
  ])('%d seconds are %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text));

  test('what is printed is within its own precision of the value', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e7, noNaN: true }), (seconds) => {
        const text = formatDuration(seconds);
        const part = (unit: string): number => Number(new RegExp(String.raw`([\d.]+) ${unit}(?: |$)`).exec(text)?.[1] ?? 0);
        const precision = text.includes(' h ') ? 60 : 0.51;
        expect(Math.abs(part('h') * 3600 + part('min') * 60 + part('s') - seconds)).toBeLessThanOrEqual(precision);
        expect(part('s')).toBeLessThan(60);
      }),
    );
  });
});

test('times are shown in UTC and say so; what is no time stays as it is', () => {
  expect(formatTime('2026-01-31T12:34:56.789Z')).toBe('2026-01-31 12:34:56 UTC');
  expect(formatTime('2026-01-31T12:34:56+0000')).toBe('2026-01-31 12:34:56 UTC');
  expect(formatTime('2026-01-31T12:34:56+02:00')).toBe('2026-01-31T12:34:56+02:00');
  expect(formatTime('soon')).toBe('soon');
});

describe('printable', () => {
  test('nothing that steers a terminal gets through, and all else stays', () => {
    expect(printable('a\u001b[2Jb\nc\u0007')).toBe('a\\x1b[2Jb\\x0ac\\x07');
    expect(printable('\u202etxt')).toBe('\\u202etxt');
    expect(printable('Zürich 東京')).toBe('Zürich 東京');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).not.toMatch(/[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/u);
      }),
    );
  });
});

describe('tables', () => {
  test('columns are as wide as their widest cell', () => {
    const columns = [{ title: 'NAME' }, { title: 'SIZE', align: 'right' }] as const;
    expect(
      formatTable(columns, [
        ['nightly', '1.0 KiB'],
        ['a\nb', '0 B'],
      ]),
    ).toBe('NAME        SIZE\nnightly  1.0 KiB\na\\x0ab       0 B');
  });

  test('fields without a value are left out', () => {
    expect(
      formatFields([
        ['Name', 'x'],
        ['Reason', null],
        ['Description', ''],
        ['Status', 'ok'],
      ]),
    ).toBe('Name    x\nStatus  ok');
  });
});
