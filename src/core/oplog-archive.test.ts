import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OpTime } from './image.ts';
import {
  formatPoint,
  joinRanges,
  millisecondsOf,
  parsePoint,
  planReplay,
  pointBefore,
  pointOfMilliseconds,
  replayBaseOf,
  restorableRanges,
  type ReplayBase,
} from './oplog-archive.ts';

const at = (t: number, i = 1, term = 1): OpTime => ({ t, i, term });
const base = (backupId: string, time: OpTime, oplogAfter = time): ReplayBase => ({
  backupId,
  time,
  oplogAfter: { t: oplogAfter.t, i: oplogAfter.i },
});
const stretch = (timeline: number, after: OpTime, to: OpTime) => ({ timeline, after, to });

describe('restorable ranges', () => {
  it('run from the oldest base of a stretch to its last entry', () => {
    const ranges = restorableRanges(
      [stretch(1, at(100), at(300, 7))],
      [base('b', at(250)), base('a', at(200)), base('early', at(90)), base('late', at(301))],
    );
    expect(ranges).toEqual([{ timeline: 1, from: { t: 200, i: 1 }, to: { t: 300, i: 7 } }]);
  });

  it('need the earlier entries of transactions that were open at the base (O1, E7, E8)', () => {
    expect(restorableRanges([stretch(1, at(100), at(300))], [base('a', at(200), at(99))])).toEqual([]);
    expect(restorableRanges([stretch(1, at(100), at(300))], [base('a', at(200), at(100))])).toHaveLength(1);
  });

  it('know a base of another history by its term (O2, R10)', () => {
    expect(restorableRanges([stretch(1, at(100, 1, 4), at(300, 1, 6))], [base('a', at(200, 1, 3))])).toEqual([]);
    expect(restorableRanges([stretch(1, at(100, 1, 4), at(300, 1, 6))], [base('a', at(200, 1, 7))])).toEqual([]);
  });

  it('exist only with an image of one cluster time that says what replaying on it takes', () => {
    const image = { backupId: 'a', clusterTime: { t: 5, i: 1 }, term: 1, consistency: 'snapshot' } as const;
    expect(replayBaseOf(image)).toBeNull();
    expect(replayBaseOf({ ...image, oplogAfter: { t: 4, i: 9 }, consistency: 'none' })).toBeNull();
    expect(replayBaseOf({ ...image, oplogAfter: { t: 4, i: 9 } })).toEqual(base('a', at(5), at(4, 9)));
  });
});

describe('the way to a point', () => {
  const stretches = [stretch(1, at(100), at(300)), stretch(2, at(250, 1, 2), at(400, 1, 2))];
  const bases = [base('a', at(150)), base('b', at(200)), base('c', at(260, 1, 2))];

  it('begins at the newest image at or before it', () => {
    expect(planReplay({ t: 199, i: 9 }, stretches, bases)?.base.backupId).toBe('a');
    expect(planReplay({ t: 200, i: 1 }, stretches, bases)?.base.backupId).toBe('b');
    expect(planReplay({ t: 149, i: 9 }, stretches, bases)).toBeNull();
  });

  it('leads through the newer history where two hold the point (R10)', () => {
    expect(planReplay({ t: 259, i: 1 }, stretches, bases)).toMatchObject({ timeline: 1, base: { backupId: 'b' } });
    expect(planReplay({ t: 270, i: 1 }, stretches, bases)).toMatchObject({ timeline: 2, base: { backupId: 'c' } });
    expect(planReplay({ t: 400, i: 2 }, stretches, bases)).toBeNull();
  });

  it('exists for exactly the milliseconds that are shown as restorable (R8)', () => {
    const shown = restorableRanges(stretches, bases).map((range) => millisecondsOf(range)!);
    fc.assert(
      fc.property(fc.integer({ min: 140_000, max: 410_000 }), (ms) => {
        const listed = shown.some(({ start, end }) => start <= ms && ms <= end);
        expect(planReplay(pointOfMilliseconds(ms), stretches, bases) !== null).toBe(listed);
      }),
    );
  });
});

describe('a moment in milliseconds', () => {
  it('means the last entry of its second, and a second counts only once a later one is archived (R8)', () => {
    expect(pointOfMilliseconds(200_999)).toEqual({ t: 200, i: 0xffff_ffff });
    expect(millisecondsOf({ timeline: 1, from: { t: 200, i: 5 }, to: { t: 300, i: 7 } })).toEqual({
      start: 200_000,
      end: 299_999,
    });
    expect(millisecondsOf({ timeline: 1, from: { t: 300, i: 5 }, to: { t: 300, i: 7 } })).toBeNull();
  });

  it('ranges of them that overlap or touch are one', () => {
    const ranges = [
      { start: 50, end: 99 },
      { start: 10, end: 20 },
      { start: 200, end: 300 },
      { start: 15, end: 49 },
    ];
    expect(joinRanges(ranges)).toEqual([
      { start: 10, end: 99 },
      { start: 200, end: 300 },
    ]);
  });
});

describe('an exact point', () => {
  it('is read as it is written', () => {
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), fc.nat(0xffff_ffff), (t, i) => {
        expect(parsePoint(formatPoint({ t, i }))).toEqual({ t, i });
      }),
    );
    for (const text of ['', '5', '5:', ':5', '5:6:7', '-1:2', '1:4294967296', '5:6 ', 'a:b']) expect(parsePoint(text)).toBeNull();
  });

  it('just before an entry leaves out that entry alone', () => {
    expect(pointBefore({ t: 5, i: 2 })).toEqual({ t: 5, i: 1 });
    expect(pointBefore({ t: 5, i: 0 })).toEqual({ t: 4, i: 0xffff_ffff });
  });
});
