import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkBackupDescription, checkBackupName, checkInstanceName } from './names.ts';

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

describe('names', () => {
  it('takes every name of the documented form', () => {
    const first = fc.constantFrom(...letters);
    const rest = fc.string({ unit: fc.constantFrom(...letters, ...'0123456789-_'), minLength: 3, maxLength: 63 });
    fc.assert(fc.property(first, rest, (a, b) => checkBackupName(a + b) === a + b && checkInstanceName(a + b) === a + b));
  });

  it.each([
    '',
    'abc',
    '1abc',
    '-abc',
    '_abc',
    'abc d',
    'abcé',
    'abc.',
    'abcd\n',
    `a${'b'.repeat(64)}`,
    5,
    null,
    undefined,
    ['abcd'],
  ])('refuses %j', (name) => {
    expect(() => checkBackupName(name)).toThrow(expect.objectContaining({ code: 'invalid-backup-name' }));
    expect(() => checkInstanceName(name)).toThrow(expect.objectContaining({ code: 'invalid-instance-name' }));
  });

  it('takes names of 4 and of 64 characters', () => {
    for (const name of ['abcd', `a${'b'.repeat(63)}`]) expect(checkBackupName(name)).toBe(name);
  });
});

describe('descriptions', () => {
  it.each(['', 'ü ñ 漢字; (all) #1?', 'x'.repeat(256), '🦭'.repeat(256), 'two\nlines'])('takes %j', (text) => {
    expect(checkBackupDescription(text)).toBe(text);
  });

  it.each([...'>!<"&\'=\r\0'].map((sign) => `a${sign}b`).concat(['x'.repeat(257), '🦭'.repeat(257), '\ud800']))(
    'refuses %j',
    (text) => {
      expect(() => checkBackupDescription(text)).toThrow(expect.objectContaining({ code: 'invalid-backup-description' }));
    },
  );

  it.each([5, null, {}, undefined])('refuses %j, which is no text', (value) => {
    expect(() => checkBackupDescription(value)).toThrow(expect.objectContaining({ code: 'invalid-backup-description' }));
  });
});
