import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseOrderedJson, type OrderedJson } from './ordered-json.ts';

function plain(value: OrderedJson): unknown {
  if (value instanceof Map) {
    const object: Record<string, unknown> = {};
    for (const [name, inner] of value as ReadonlyMap<string, OrderedJson>)
      Object.defineProperty(object, name, { value: plain(inner), enumerable: true, configurable: true, writable: true });
    return object;
  }
  return Array.isArray(value) ? (value as readonly OrderedJson[]).map(plain) : value;
}

it('reads what JSON.parse reads, however it is laid out', () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom(0, 2, '\t'), (text, space) => {
      const value: unknown = JSON.parse(text);
      expect(plain(parseOrderedJson(JSON.stringify(value, null, space)))).toEqual(value);
    }),
  );
});

it('keeps the order of names that look like numbers', () => {
  const parsed = parseOrderedJson('{"2": 1, "a": [], "1": {}}') as ReadonlyMap<string, OrderedJson>;
  expect([...parsed.keys()]).toEqual(['2', 'a', '1']);
});

it('refuses what JSON.parse refuses', () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), fc.string({ minLength: 1, maxLength: 2 }), (text, at, junk) => {
      const broken = text.slice(0, at % (text.length + 1)) + junk + text.slice(at % (text.length + 1));
      let valid = true;
      try {
        JSON.parse(broken);
      } catch {
        valid = false;
      }
      if (valid) expect(() => parseOrderedJson(broken)).not.toThrow();
      else expect(() => parseOrderedJson(broken)).toThrow(SyntaxError);
    }),
  );
});

it('P9: refuses what is nested too deep, instead of running out of stack', () => {
  expect(() => parseOrderedJson('['.repeat(100_000))).toThrow(/nested/);
});
