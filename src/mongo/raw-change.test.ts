import { expect, it } from 'vitest';
import { cutStatements } from './raw-change.ts';

const statement = (name: string, length = 1): Buffer => Buffer.alloc(length, name);
const many = (name: string, count: number, length = 1): Buffer[] => Array.from({ length: count }, () => statement(name, length));
const shapeOf = (groups: readonly (readonly Buffer[])[]) =>
  [...cutStatements('update', 'c', groups)].map((chain) =>
    chain.map(({ raw }) => `${raw.length}${[...new Set(raw.map((one) => String.fromCharCode(one[0]!)))].join('')}`),
  );

it('R6: what is done to one document is in one command, or in commands that follow each other', () => {
  expect(shapeOf([many('a', 2), many('b', 1), [], many('c', 3)])).toEqual([['6abc']]);
  // A command is full before the document that would be cut.
  expect(shapeOf([many('a', 1999), many('b', 2), many('c', 1)])).toEqual([['1999a'], ['3bc']]);
  expect(shapeOf([many('a', 1), many('b', 4500), many('c', 1)])).toEqual([['1a'], ['2000b', '2000b', '500b'], ['1c']]);
  const megabyte = 1024 * 1024;
  expect(shapeOf([many('a', 1, 5 * megabyte), many('b', 1, 5 * megabyte), many('c', 3, 5 * megabyte)])).toEqual([
    ['1a'],
    ['1b'],
    ['1c', '1c', '1c'],
  ]);
  expect(shapeOf([])).toEqual([]);
});
