import { expect, it } from 'vitest';
import type { ClusterTime } from './image.ts';
import { TransactionParts } from './transaction-parts.ts';

interface Part {
  readonly name: string;
  readonly previous: ClusterTime | null;
}

const time = (t: number): ClusterTime => ({ t, i: 1 });
const first: Part = { name: 'first', previous: null };
const second: Part = { name: 'second', previous: time(1) };
const noted = (_at: ClusterTime, part: Part | null): Part | null => part;

function bothNoted(): TransactionParts<Part> {
  const parts = new TransactionParts<Part>();
  parts.note(time(1), first);
  parts.note(time(5), second);
  return parts;
}

const names = async (found: ReturnType<TransactionParts<Part>['complete']>): Promise<readonly string[]> =>
  (await found).map(({ part }) => part.name);

it('E5: parts come oldest first, and once', async () => {
  const parts = bothNoted();
  expect(await parts.complete(time(5), noted)).toEqual([
    { at: time(1), part: first },
    { at: time(5), part: second },
  ]);
  expect(await parts.complete(time(5), noted)).toEqual([]);
  expect(await parts.complete(null, noted)).toEqual([]);
});

it('E7: what was not noted is asked for, and what cannot be had is left out', async () => {
  const parts = new TransactionParts<Part>();
  parts.note(time(5), second);
  expect(await names(parts.complete(time(5), (_at, part) => part ?? first))).toEqual(['first', 'second']);
  parts.note(time(5), second);
  expect(await names(parts.complete(time(5), noted))).toEqual(['second']);
});

it('all parts stay where one cannot be read', async () => {
  const parts = bothNoted();
  const failing = (at: ClusterTime, part: Part | null): Part | null => {
    if (at.t === 1) throw new Error('the server is gone');
    return part;
  };
  await expect(parts.complete(time(5), failing)).rejects.toThrow('the server is gone');
  expect(await names(parts.complete(time(5), noted))).toEqual(['first', 'second']);
});

it('E6: parts of an aborted transaction are forgotten, others stay', async () => {
  const parts = bothNoted();
  parts.note(time(3), { name: 'another', previous: null });
  parts.forget(time(5));
  expect(await names(parts.complete(time(5), noted))).toEqual([]);
  expect(await names(parts.complete(time(3), noted))).toEqual(['another']);
});
