import { describe, expect, it } from 'vitest';
import { planMerging, type StoredSegment } from './segment-merging.ts';

const at = (t: number) => ({ t, i: 1, term: 1 });
const made = new Date('2026-03-01T00:00:00Z');
const later = (hours: number): Date => new Date(made.getTime() + hours * 3_600_000);

function segment(from: number, to: number, rawBytes = 1000): StoredSegment {
  return { timeline: 1, after: at(from), to: at(to), entries: to - from, rawBytes, modified: made };
}

/** One every ten seconds. */
const many = (count: number, from = 0, rawBytes = 1000): StoredSegment[] =>
  Array.from({ length: count }, (_, n) => segment(from + n * 10, from + (n + 1) * 10, rawBytes));

const sizes = (segments: readonly StoredSegment[], now = made): number[] =>
  planMerging(segments, now).merges.map(({ length }) => length);

describe('what of an archived oplog is put together', () => {
  it('leaves alone what is an hour old by the clock of the source, and fewer than are worth it', () => {
    expect(sizes(many(360))).toEqual([]);
    expect(sizes([...many(7), segment(70, 5000)])).toEqual([]);
    expect(sizes([...many(8), segment(80, 5000)])).toEqual([8]);
    expect(planMerging([], made)).toEqual({ merges: [], covered: [] });
  });

  it('cuts where one would become too large, and passes by what is large already', () => {
    const mebibyte = 1024 * 1024;
    const end = segment(1000, 9000);
    expect(sizes([...many(100, 0, mebibyte / 2), end])).toEqual([16, 16, 16, 16, 16, 16]);
    const large = segment(100, 110, 5 * mebibyte);
    expect(sizes([...many(10), large, ...many(89, 110), end])).toEqual([10, 89]);
  });

  it('P6: spans no more than a day, so that retention by days stays one by days', () => {
    const thirds = Array.from({ length: 100 }, (_, n) => segment(n * 8000, (n + 1) * 8000));
    expect(sizes(thirds)).toEqual([...Array.from({ length: 9 }, () => 10), 9]);
    expect(sizes(Array.from({ length: 30 }, (_, n) => segment(n * 86_400, (n + 1) * 86_400)))).toEqual([]);
  });

  it('O2: never puts together what does not go on exactly', () => {
    const end = segment(1000, 9000);
    expect(sizes([...many(10), ...many(10, 110), end])).toEqual([10, 10]);
    const otherTerm = many(10, 100).map((one) => ({ ...one, after: { ...one.after, term: 2 }, to: { ...one.to, term: 2 } }));
    expect(sizes([...many(10), ...otherTerm, end])).toEqual([10, 10]);
  });

  it('lets pieces go two days after one that spans them came, and never one that reaches further', () => {
    const pieces = many(10);
    const whole = { ...segment(0, 100), modified: later(1) };
    const all = [...pieces, whole, segment(100, 110)];
    expect(planMerging(all, later(48)).covered).toEqual([]);
    expect(planMerging(all, later(49)).covered).toEqual([{ by: whole, segments: pieces }]);
    const beyond = segment(90, 105);
    expect(planMerging([...pieces.slice(0, 9), beyond, whole], later(49)).covered).toEqual([
      { by: whole, segments: pieces.slice(0, 9) },
    ]);
  });

  it('puts what was put together before together again, when there is enough of it', () => {
    const hours = Array.from({ length: 9 }, (_, n) => segment(n * 3600, (n + 1) * 3600));
    expect(sizes([...hours.slice(0, 8), segment(8 * 3600, 9 * 3600)])).toEqual([8]);
    expect(sizes(hours.slice(0, 8))).toEqual([]);
  });
});
