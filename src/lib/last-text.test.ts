import { expect, it } from 'vitest';
import { LastText } from './last-text.ts';

it('gives the text of every range of bytes, whatever came before', () => {
  const bytes = Buffer.from('shop.orders\0shop.orders\0shop.orderz\0köln.a\0', 'utf8');
  for (const encoding of ['utf8', 'hex'] as const) {
    const text = new LastText(encoding);
    expect(text.of(bytes, 3, 3)).toBe('');
    for (let from = 0; from < bytes.length; from++)
      for (const length of [0, 1, 11, 11, 12, 6])
        expect(text.of(bytes, from, Math.min(bytes.length, from + length))).toBe(
          bytes.toString(encoding, from, Math.min(bytes.length, from + length)),
        );
  }
});

it('does not take bytes that were written over for those that were there', () => {
  const bytes = Buffer.from('ab');
  const text = new LastText('utf8');
  expect(text.of(bytes, 0, 2)).toBe('ab');
  bytes.write('ac');
  expect(text.of(bytes, 0, 2)).toBe('ac');
  bytes.write('ab');
  expect(text.of(bytes, 0, 2)).toBe('ab');
});
