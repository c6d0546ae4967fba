import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalPath, canonicalQuery, canonicalRequest, encodeStrictly } from './canonical-request.ts';

const text = fc.string({ unit: 'binary' }).filter((value) => value.isWellFormed());

describe('canonicalisation', () => {
  it('uses only unreserved characters and upper-case percent codes, and loses nothing', () => {
    fc.assert(
      fc.property(text, (value) => {
        const encoded = encodeStrictly(value);
        expect(encoded).toMatch(/^(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})*$/);
        expect(decodeURIComponent(encoded)).toBe(value);
      }),
    );
  });

  it('gives the same query for every order of the pairs and every encoding of a blank', () => {
    const pairs = fc.array(
      fc.tuple(text, text).filter(([name, value]) => name + value !== ''),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(pairs, fc.boolean(), (list, plus) => {
        const write = ([name, value]: [string, string]) => {
          const pair = `${encodeStrictly(name)}=${encodeStrictly(value)}`;
          return plus ? pair.replaceAll('%20', '+') : pair;
        };
        const straight = canonicalQuery(list.map(write).join('&'));
        expect(canonicalQuery(list.toReversed().map(write).join('&'))).toBe(straight);
        expect(canonicalQuery(straight)).toBe(straight);
        expect(straight).not.toContain('+');
      }),
    );
  });

  it('sorts by name and then by value, in the order of the bytes', () => {
    expect(canonicalQuery('b=1&a=2&a=1&A=3&a')).toBe('A=3&a=&a=1&a=2&b=1');
  });

  it('ends every path in one slash, encoded or not', () => {
    expect(canonicalPath('/v3/p/backups')).toBe('/v3/p/backups/');
    expect(canonicalPath('/v3/p/backups/')).toBe('/v3/p/backups/');
    expect(canonicalPath('/a%7Bb%7d/~c(')).toBe('/a%7Bb%7D/~c%28/');
    fc.assert(
      fc.property(fc.array(text), (segments) => {
        const path = canonicalPath(`/${segments.map(encodeStrictly).join('/')}`);
        expect(canonicalPath(path)).toBe(path);
      }),
    );
  });

  it('collapses white space in header values only for the scoped form', () => {
    const request = { method: 'get', target: '/', headers: { host: '  h  ', 'user-agent': ' a  b ' } };
    expect(canonicalRequest(request, ['host', 'user-agent'], 'x', true)).toBe(
      'GET\n/\n\nhost:h\nuser-agent:a b\n\nhost;user-agent\nx',
    );
    expect(canonicalRequest(request, ['host', 'user-agent'], 'x', false)).toContain('user-agent:a  b\n');
  });
});
