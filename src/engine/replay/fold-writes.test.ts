import fc from 'fast-check';
import { deserialize, serialize, type Document } from 'bson';
import { describe, expect, it } from 'vitest';
import type { OplogWrite } from '../../mongo/replay-entry.ts';
import { foldWrite, type FoldedWrites } from './fold-writes.ts';

type Op = OplogWrite['op'];
/** What is there of one document: its body and the changes made to it since; null where it is not there. */
type State = readonly string[] | null;

const write = (op: Op, id: string, body: string): OplogWrite => ({
  op,
  ns: 'a.b',
  uuid: 'u',
  id,
  body: Buffer.from(serialize({ body })),
});

/** What a server makes of one write after the other. */
function apply(state: State, op: Op, body: string): State {
  if (op === 'delete') return null;
  if (op === 'update') return state === null ? null : [...state, body];
  return [body];
}

/** What it makes of the folded writes: removal, then the document, then the changes. */
function applyFolded(state: State, { remove, document, updates }: FoldedWrites): State {
  let now = remove ? null : state;
  const text = (raw: Buffer): string => raw.toString('utf8', 14, raw.length - 2);
  if (document !== null) {
    expect(now).toBeNull();
    now = [text(document)];
  }
  for (const update of updates) now = now === null ? null : [...now, text(update)];
  return now;
}

const ops = fc.array(fc.constantFrom<Op>('insert', 'update', 'replace', 'delete'), { minLength: 1, maxLength: 12 });

describe('folded writes', () => {
  it('make one change of several that only set fields, and tell what they weigh', () => {
    const folded = new Map<string, FoldedWrites>();
    const update = (diff: Document): number =>
      foldWrite(folded, { ...write('update', 'x', ''), body: Buffer.from(serialize({ $v: 2, diff })) }, true);
    const grown = [{ u: { a: 1 } }, { u: { b: 'text', a: 2 } }, { d: { c: false } }, { u: { a: 3 } }, { u: { a: 4 } }].map(
      update,
    );
    const { updates } = folded.get('x')!;
    expect(updates.map((raw) => deserialize(raw)['diff'])).toEqual([
      { u: { a: 2, b: 'text' } },
      { d: { c: false } },
      { u: { a: 4 } },
    ]);
    expect(grown.reduce((sum, bytes) => sum + bytes)).toBe(updates.reduce((sum, { length }) => sum + length, 0));
  });

  it('E3: leave what the writes leave one by one, in as few steps as that takes', () => {
    fc.assert(
      fc.property(ops, fc.boolean(), (wanted, isThere) => {
        const folded = new Map<string, FoldedWrites>();
        const first: State = isThere ? ['first'] : null;
        let state = first;
        for (const [n, op] of wanted.entries()) {
          if ((state === null) !== (op === 'insert')) continue;
          state = apply(state, op, `b${n}`);
          foldWrite(folded, write(op, 'x', `b${n}`), true);
        }
        const entry = folded.get('x');
        expect(entry === undefined ? first : applyFolded(first, entry)).toEqual(state);
        if (entry !== undefined && first === null) expect(entry.remove).toBe(false);
      }),
    );
  });

  it('E4: repeated on any later state leave the same', () => {
    fc.assert(
      fc.property(ops, fc.boolean(), fc.nat(12), fc.nat(12), (wanted, isThere, doneBefore, cut) => {
        let state: State = isThere ? ['first'] : null;
        const done: { op: Op; body: string; after: State }[] = [];
        for (const [n, op] of wanted.entries()) {
          if ((state === null) !== (op === 'insert')) continue;
          state = apply(state, op, `b${n}`);
          done.push({ op, body: `b${n}`, after: state });
        }
        // The target is as after some of them already; all are done again, in two portions. Changes are idempotent, so count once.
        let target: State = done.length === 0 ? state : done[Math.min(doneBefore, done.length - 1)]!.after;
        const portions = [done.slice(0, cut), done.slice(cut)];
        for (const portion of portions) {
          const folded = new Map<string, FoldedWrites>();
          for (const { op, body } of portion) foldWrite(folded, write(op, 'x', body), false);
          const entry = folded.get('x');
          if (entry !== undefined) target = applyFolded(target, entry);
        }
        const asSet = (one: State): ReadonlySet<string> | null => (one === null ? null : new Set(one));
        expect(asSet(target)).toEqual(asSet(state));
      }),
    );
  });

  it.each([
    ['insert', 'insert'],
    ['delete', 'update'],
    ['delete', 'delete'],
    ['delete', 'replace'],
  ] as const)('E3: after the consistency point %s and then %s of the same document contradict each other', (first, second) => {
    const folded = new Map<string, FoldedWrites>();
    foldWrite(folded, write(first, 'x', 'b'), true);
    expect(() => foldWrite(folded, write(second, 'x', 'c'), true)).toThrow(expect.objectContaining({ code: 'image-mismatch' }));
  });
});
