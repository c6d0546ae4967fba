import { deserialize, serialize, type Document } from 'bson';
import { beforeEach, describe, expect, it } from 'vitest';
import { documentLength, type RawBatch } from '../../lib/raw-bson.ts';
import type { Touch } from '../../mongo/oplog-entry.ts';
import { idKeyOf } from '../../mongo/raw-id.ts';
import { TouchedDocuments } from './touched-documents.ts';

const setting = (fields: Document): Document => ({ $v: 2, diff: { u: fields } });

function touch(op: 'i' | 'u' | 'd', _id: number, body: Document): Touch {
  const id = idKeyOf(Buffer.from(serialize({ _id })), 0)!;
  // Not at the beginning of its buffer, as in an answer.
  const buffer = Buffer.concat([Buffer.from('before'), serialize(body), Buffer.from('behind')]);
  return { db: 'd', uuid: 'u', id, delta: 0, write: { op, buffer, body: 6 } };
}

function decode({ buffer, starts }: RawBatch): Document[] {
  return [...starts].map((start) => deserialize(buffer.subarray(start, start + documentLength(buffer, start))));
}

describe('TouchedDocuments', () => {
  let touched: TouchedDocuments;
  const told = () => {
    const { removals, documents, updates } = touched.told();
    return { removals: decode(removals), documents: decode(documents), updates: decode(updates), unknown: touched.unknown };
  };
  beforeEach(() => {
    touched = new TouchedDocuments({ db: 'd', exact: true, roomForUpdates: 1000 });
  });

  it('keeps what entries tell: the document whole, that it is gone, or how it differs', () => {
    touched.take(touch('i', 1, { _id: 1, n: 1 }));
    touched.take(touch('u', 1, setting({ n: 2 })));
    touched.take(touch('u', 2, setting({ n: 3 })));
    touched.take(touch('u', 2, setting({ m: 4 })));
    touched.take(touch('d', 3, { _id: 3 }));
    touched.take(touch('u', 4, setting({ n: 1 })));
    touched.take(touch('u', 4, { _id: 4, whole: true }));
    touched.take(touch('u', 5, setting({ n: 1 })));
    touched.take(touch('d', 5, { _id: 5 }));
    touched.take(touch('i', 5, { _id: 5, again: true }));
    touched.take(touch('i', 6, { _id: 6 }));
    touched.take(touch('d', 6, { _id: 6 }));
    expect(told()).toEqual({
      removals: [{ _id: 3 }, { _id: 6 }],
      documents: [
        { _id: 1, n: 2 },
        { _id: 4, whole: true },
        { _id: 5, again: true },
      ],
      updates: [
        { _id: 2, o: setting({ n: 3 }) },
        { _id: 2, o: setting({ m: 4 }) },
      ],
      unknown: 0,
    });
    expect(touched.size).toBe(6);
  });

  it.each<[string, () => void]>([
    ['an update that is not understood', () => touched.take(touch('u', 1, { $v: 2, diff: { b: {} } }))],
    ['modifiers of 4.4', () => touched.take(touch('u', 1, { $v: 1, $set: { n: 1 } }))],
    [
      'an update of what is gone',
      () => [touch('d', 1, { _id: 1 }), touch('u', 1, setting({ n: 1 }))].forEach((t) => touched.take(t)),
    ],
    ['an insert under another _id', () => touched.take(touch('i', 1, { _id: 2 }))],
    ['a document marked so', () => touched.markUnknown(touch('d', 1, {}).id)],
    ['more updates than a read costs', () => Array.from({ length: 17 }, (_, n) => touched.take(touch('u', 1, setting({ n }))))],
    ['more bytes of updates than there is room for', () => touched.take(touch('u', 1, setting({ n: 'x'.repeat(1000) })))],
  ])('reads %s, whatever comes later', (_, act) => {
    act();
    touched.take(touch('i', 1, { _id: 1 }));
    touched.take(touch('d', 1, { _id: 1 }));
    expect(told()).toEqual({ removals: [], documents: [], updates: [], unknown: 1 });
    expect([...touched.unknownIds()]).toEqual([touch('d', 1, {}).id]);
  });

  it('reads what was updated where it is not known what it was before, but believes what is told whole', () => {
    touched = new TouchedDocuments({ db: 'd', exact: false, roomForUpdates: 1000 });
    touched.take(touch('u', 1, setting({ n: 1 })));
    touched.take(touch('i', 2, { _id: 2 }));
    touched.take(touch('u', 2, setting({ n: 1 })));
    touched.take(touch('d', 3, { _id: 3 }));
    expect(told()).toEqual({ removals: [{ _id: 3 }], documents: [{ _id: 2, n: 1 }], updates: [], unknown: 1 });
  });

  it('forgets what it was told when it must', () => {
    touched.take(touch('i', 1, { _id: 1 }));
    touched.take(touch('u', 2, setting({ n: 1 })));
    touched.take(touch('d', 3, { _id: 3 }));
    expect(touched.heldBytes).toBeGreaterThan(30);
    touched.forgetTold();
    expect(touched.heldBytes).toBe(0);
    touched.take(touch('i', 4, { _id: 4 }));
    expect(told()).toEqual({ removals: [], documents: [{ _id: 4 }], updates: [], unknown: 3 });
    expect(touched.size).toBe(4);
  });
});
