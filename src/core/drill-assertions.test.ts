import { expect, it } from 'vitest';
import { parseAssertions } from './drill-assertions.ts';

it('assertions are counts or documents', () => {
  const given = [
    { namespace: 'a.b.c', count: 3 },
    { namespace: 'a.b', query: { n: { $gt: 1 } }, documents: [{ _id: 1 }] },
  ];
  expect(parseAssertions(given)).toEqual([
    { namespace: 'a.b.c', query: {}, expected: { kind: 'count', count: 3 } },
    { namespace: 'a.b', query: { n: { $gt: 1 } }, expected: { kind: 'documents', documents: [{ _id: 1 }] } },
  ]);
});

it.each<[unknown, RegExp]>([
  [{}, /are a list/],
  [[null], /Assertion 1: it must be an object/],
  [[{ namespace: 'a.b', count: 1 }, { namespace: 'a' }], /Assertion 2: namespace/],
  [[{ namespace: 'a.b' }], /either count or documents/],
  [[{ namespace: 'a.b', count: 1, documents: [] }], /either count or documents/],
  [[{ namespace: 'a.b', count: -1 }], /whole number/],
  [[{ namespace: 'a.b', count: '1' }], /whole number/],
  [[{ namespace: 'a.b', documents: [1] }], /list of at most/],
  [[{ namespace: 'a.b', query: [], count: 1 }], /query must be/],
  [[{ namespace: 'a.b', counts: 1 }], /counts is not known/],
  [Array.from({ length: 101 }, () => ({ namespace: 'a.b', count: 1 })), /100/],
])('assertions are refused: %j', (given, message) => {
  expect(() => parseAssertions(given)).toThrow(
    expect.objectContaining({ code: 'invalid-assertion', message: expect.stringMatching(message) }),
  );
});
