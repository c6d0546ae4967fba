import { serialize, type Document } from 'bson';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyUpdate } from './apply-update.ts';
import { mergeUpdates } from './merge-updates.ts';

const raw = (document: Document): Buffer => Buffer.from(serialize(document));
const sets = (u: Document): Buffer => raw({ $v: 2, diff: { u } });

describe('mergeUpdates', () => {
  it('leaves what both leave one after the other, byte for byte, whatever fields there were', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'ü', '$d', '');
    const value = fc.oneof(fc.integer(), fc.string(), fc.constant(null), fc.array(fc.integer()), fc.record({ x: fc.integer() }));
    const document = fc.dictionary(name, value);
    fc.assert(
      fc.property(document, document, document, (held, first, second) => {
        const merged = mergeUpdates(sets(first), sets(second));
        expect(merged).not.toBeNull();
        const inTurn = applyUpdate(applyUpdate(raw({ _id: 1, ...held }), sets(first))!, sets(second))!;
        expect(applyUpdate(raw({ _id: 1, ...held }), merged!)!.equals(inTurn)).toBe(true);
      }),
    );
  });

  it('makes of two one of the same kind, no longer than needed', () => {
    const merged = mergeUpdates(sets({ a: 1, b: 2 }), sets({ c: 'x', a: { n: 3 } }))!;
    expect(merged.equals(sets({ a: { n: 3 }, b: 2, c: 'x' }))).toBe(true);
  });

  it.each<Document>([
    { $v: 2, diff: { i: { a: 1 } } },
    { $v: 2, diff: { d: { a: false }, u: { b: 1 } } },
    { $v: 2, diff: { u: { b: 1 }, i: { a: 1 } } },
    { $v: 2, diff: { sa: { u: { b: 1 } } } },
    { $v: 2, diff: {} },
    { $v: 2, diff: { u: { a: 1 } }, more: 1 },
    { $v: 1, diff: { u: { a: 1 } } },
    { $v: 1, $set: { a: 1 } },
    { $set: { a: 1 } },
    { _id: 1, a: 1 },
    {},
  ])('does not merge %j', (other) => {
    expect(mergeUpdates(sets({ a: 1 }), raw(other))).toBeNull();
    expect(mergeUpdates(raw(other), sets({ a: 1 }))).toBeNull();
  });

  it('does not merge what names a field twice', () => {
    const update = sets({ a: 1, b: 2 });
    update[update.indexOf('b\0', 'latin1')] = 'a'.charCodeAt(0);
    expect(mergeUpdates(update, sets({ c: 1 }))).toBeNull();
  });
});
