import { describe, expect, it } from 'vitest';
import { readParts } from './restore-parts.ts';

describe('the parts of a backup that options name', () => {
  it('are none where nothing is named', () => {
    expect(readParts({})).toBeNull();
  });

  it('are databases and collections, and what is renamed', () => {
    const parts = readParts({
      db: ['shop', 'log'],
      collection: ['a.b.c'],
      rename: ['shop=shop2', 'a.x=a.y=z', 'log.old=log.new'],
    });
    expect(parts).toEqual({
      databases: [{ name: 'shop', new_name: 'shop2' }, { name: 'log' }],
      collections: [{ name: 'a.b.c' }, { name: 'a.x', new_name: 'a.y=z' }, { name: 'log.old', new_name: 'log.new' }],
    });
  });

  it.each(['shop', '=shop', 'shop=', 'shop=a.b', 'a.b=shop'])('cannot be %j', (text) => {
    expect(() => readParts({ rename: [text] })).toThrow(/--rename takes/);
  });
});
