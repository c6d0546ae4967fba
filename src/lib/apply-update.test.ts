import { calculateObjectSize, deserialize, serialize, type Document } from 'bson';
import { describe, expect, it } from 'vitest';
import { applyUpdate } from './apply-update.ts';
import { isDifference } from './is-difference.ts';

const raw = (document: Document): Buffer => Buffer.from(serialize(document));
const difference = (diff: Document): Buffer => raw({ $v: 2, diff });

/** A document of int32 fields, whose names may be the same. */
function ints(...fields: readonly (readonly [string, number])[]): Buffer {
  const elements = fields.map(([name, value]) => raw({ [name]: value }).subarray(4, -1));
  const length = Buffer.alloc(4);
  length.writeInt32LE(elements.reduce((sum, each) => sum + each.length, 5));
  return Buffer.concat([length, ...elements, Buffer.of(0)]);
}

describe('isDifference', () => {
  it.each<Document>([
    { d: { a: false }, u: { b: 1 }, i: { c: 2 }, sd: { u: { e: 1 } } },
    { sa: { a: true, l: 3, u0: 1, s2: { u: { b: 1 } } } },
    { sa: { a: true, s1: { a: true, u4: 1 } } },
    {},
  ])('knows %j', (diff) => {
    expect(isDifference(difference(diff))).toBe(true);
  });

  it.each<Document>([
    { $v: 2, diff: { b: { x: 1 } } },
    { $v: 2, diff: { u: 1 } },
    { $v: 2, diff: { sa: { a: true, x0: 1 } } },
    { $v: 2, diff: { sa: { a: true, l: 'three' } } },
    { $v: 2, diff: { sa: { a: true, s0: 1 } } },
    { $v: 2, diff: { sa: { u: { b: 1 }, sc: { z: {} } } } },
    { $v: 2, diff: {}, more: 1 },
    { $v: 2 },
    { $v: 1, $set: { a: 1 } },
    { $set: { a: 1 } },
    { _id: 1, a: 1 },
    {},
  ])('does not know %j', (update) => {
    expect(isDifference(raw(update))).toBe(false);
  });

  it('looks where it is told to', () => {
    const update = difference({ u: { a: 1 } });
    expect(isDifference(Buffer.concat([raw({ a: 1 }), update, raw({ a: 1 })]), raw({ a: 1 }).length)).toBe(true);
    expect(isDifference(Buffer.concat([raw({ a: 1 }), update]))).toBe(false);
  });
});

describe('applyUpdate', () => {
  it('D2: sets every one of several fields of the same name, once removes all of them', () => {
    const before = ints(['_id', 1], ['a', 1], ['b', 2], ['a', 3]);
    expect(applyUpdate(before, difference({ u: { a: 9 } }))).toEqual(ints(['_id', 1], ['a', 9], ['b', 2], ['a', 9]));
    expect(applyUpdate(before, difference({ d: { a: false } }))).toEqual(ints(['_id', 1], ['b', 2]));
    expect(applyUpdate(before, difference({ i: { a: 9 } }))).toEqual(ints(['_id', 1], ['b', 2], ['a', 9]));
  });

  it('numbers the elements of an array anew', () => {
    const list = ints(['0', 1], ['b', 2], ['b', 3]);
    const before = raw({ list: [1, 2, 3] });
    list.copy(before, before.indexOf('list\0') + 5);
    expect(before.length).toBe(calculateObjectSize({ list: [1, 2, 3] }));
    const after = applyUpdate(before, difference({ slist: { a: true, u0: 9 } }))!;
    expect(deserialize(after)).toEqual({ list: [9, 2, 3] });
    expect(after).toEqual(raw({ list: [9, 2, 3] }));
  });
});
