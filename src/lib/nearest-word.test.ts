import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearestWord } from './nearest-word.ts';

describe('nearestWord', () => {
  const known = ['data_dir', 'port', 'host', 'repository', 'repository_passphrase'];

  it.each([
    ['prot', 'port'],
    ['datadir', 'data_dir'],
    ['Repository', 'repository'],
    ['repositry_passphrase', 'repository_passphrase'],
    ['colour', null],
    ['x', null],
  ])('%s -> %s', (word, nearest) => {
    expect(nearestWord(word, known)).toBe(nearest);
  });
});

describe('editDistance', () => {
  const word = fc.string({ maxLength: 12 });

  it('is a metric', () => {
    fc.assert(
      fc.property(word, word, word, (a, b, c) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b) === 0).toBe(a === b);
        expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
      }),
    );
  });
});
