import { describe, expect, it } from 'vitest';
import type { OpTime } from './image.ts';
import { lostMoments } from './lost-moments.ts';
import { formatPoint, type ReplayBase } from './oplog-archive.ts';

const at = (t: number, i = 1): OpTime => ({ t, i, term: 1 });
const base = (t: number): ReplayBase => ({ backupId: `b${t}`, time: at(t), oplogAfter: { t, i: 1 } });
const stretch = (after: number, to: number) => ({ timeline: 1, after: at(after), to: at(to) });
const lost = (left: readonly (readonly [number, number])[], bases: readonly number[], sound = bases): readonly string[] =>
  lostMoments(
    { whole: stretch(100, 300), left: left.map(([after, to]) => stretch(after, to)) },
    { whole: bases.map(base), left: sound.map(base) },
  ).map(({ from, to }) => `${formatPoint(from)} to ${formatPoint(to)}`);

describe('moments that do not restore any more (P2)', () => {
  it('are those after what was lost, up to the next image, or to the end', () => {
    expect(lost([[100, 300]], [150])).toEqual([]);
    expect(
      lost(
        [
          [100, 200],
          [220, 300],
        ],
        [150],
      ),
    ).toEqual(['200:2 to 300:1']);
    expect(
      lost(
        [
          [100, 200],
          [220, 300],
        ],
        [150, 250],
      ),
    ).toEqual(['200:2 to 250:0']);
    expect(
      lost(
        [
          [100, 120],
          [140, 300],
        ],
        [150],
      ),
    ).toEqual([]);
    expect(
      lost(
        [
          [100, 120],
          [170, 300],
        ],
        [150, 250],
      ),
    ).toEqual(['150:1 to 250:0']);
    expect(lost([[100, 280]], [150, 290])).toEqual(['280:2 to 300:1']);
  });

  it('are also those that only a damaged image led to, and none where no image is', () => {
    expect(lost([[100, 300]], [150, 250], [250])).toEqual(['150:1 to 250:0']);
    expect(lost([], [150])).toEqual(['150:1 to 300:1']);
    expect(lost([], [])).toEqual([]);
  });
});
