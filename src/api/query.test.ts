import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeQuery, parseQuery, rawPathOf, rawQueryOf } from './query.ts';
import { encodeStrictly } from './signing/canonical-request.ts';

const text = fc.string({ unit: 'binary' }).filter((value) => value.isWellFormed());

describe('a query', () => {
  it('reads a blank as + and as %20 alike, and gives back what was put in', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { maxLength: 5 }), fc.boolean(), (pairs, plus) => {
        const sent = pairs.map(([name, value]) => `${encodeStrictly(name)}=${encodeStrictly(value)}`).join('&');
        expect(decodeQuery(plus ? sent.replaceAll('%20', '+') : sent)).toEqual(pairs);
      }),
    );
  });

  it('reads the times of both families of clients', () => {
    expect(parseQuery('begin_time=2018-08-06+10%3A41%3A14')['begin_time']).toBe('2018-08-06 10:41:14');
    expect(parseQuery('begin_time=2018-08-06%2010%3A41%3A14')['begin_time']).toBe('2018-08-06 10:41:14');
  });

  it('never fails, whatever is sent', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (raw) => void parseQuery(raw)));
    expect(parseQuery('a=%zz&b=%ff&c=%')).toEqual(Object.assign(Object.create(null), { a: '%zz', b: '%ff', c: '%' }));
  });

  it('keeps every value of a name that comes twice, and has no inherited names', () => {
    expect(parseQuery('a=1&a=2&a=3')['a']).toEqual(['1', '2', '3']);
    expect(parseQuery('')['constructor']).toBeUndefined();
    expect(parseQuery('__proto__=1')['__proto__']).toBe('1');
  });

  it('is what stands behind the first question mark', () => {
    expect([rawPathOf('/a?b?c'), rawQueryOf('/a?b?c'), rawQueryOf('/a')]).toEqual(['/a', 'b?c', '']);
  });
});
