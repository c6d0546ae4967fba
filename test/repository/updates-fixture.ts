import type { Document } from 'bson';
import { raw } from './sample.ts';

const updating = (_id: number, diff: Document): Buffer => raw({ _id, o: { $v: 2, diff } });

/** What the backup of test/fixtures/repository-v1-updates holds. Never changes: released repositories must restore for ever. */
export const updatesFixture = {
  project: '00112233445566778899aabbccddeeff',
  base: (): Buffer[] => Array.from({ length: 40 }, (_, _id) => raw({ _id, n: 1, list: [1, { x: 1 }], in: { a: 1, b: 2 } })),
  updates: (): Buffer[] => [
    updating(1, { u: { n: 2 } }),
    updating(1, { i: { m: 3 } }),
    updating(2, { d: { n: false }, u: { list: 'gone' } }),
    updating(3, { sin: { d: { a: false }, i: { c: 3 } }, slist: { a: true, l: 4, s1: { u: { x: 2 } } } }),
    updating(4, { slist: { a: true, u0: 'first', u3: 'fourth' } }),
    updating(5, { i: { n: 'last' } }),
  ],
  removed: (): Buffer[] => [raw({ _id: 7 })],
  after: (): Buffer[] =>
    [
      { _id: 1, n: 2, list: [1, { x: 1 }], in: { a: 1, b: 2 }, m: 3 },
      { _id: 2, list: 'gone', in: { a: 1, b: 2 } },
      { _id: 3, n: 1, list: [1, { x: 2 }, null, null], in: { b: 2, c: 3 } },
      { _id: 4, n: 1, list: ['first', { x: 1 }, null, 'fourth'], in: { a: 1, b: 2 } },
      { _id: 5, list: [1, { x: 1 }], in: { a: 1, b: 2 }, n: 'last' },
    ].map(raw),
} as const;
