import { describe, expect, it } from 'vitest';
import type { OpTime } from '../core/image.ts';
import { pointOfMilliseconds, type ReplayBase } from '../core/oplog-archive.ts';
import { choosePlan } from './plan-point-in-time.ts';

const instanceId = 'f'.repeat(32);
const opTime = (t: number, i: number): OpTime => ({ t, i, term: 1 });
const base = (backupId: string, time: OpTime): ReplayBase => ({ backupId, time, oplogAfter: time });

// A gap from 200:4 to 300:1; each side has its images.
const stretches = [
  { timeline: 1, after: opTime(100, 1), to: opTime(200, 4) },
  { timeline: 2, after: opTime(300, 1), to: opTime(400, 9) },
];
const bases = [
  base('newest', opTime(350, 2)),
  base('after', opTime(300, 1)),
  base('second', opTime(150, 3)),
  base('first', opTime(100, 1)),
];
const plan = (t: number, i: number) => choosePlan({ instanceId, point: { t, i } }, stretches, bases);
const refused = (t: number, i: number): string => {
  try {
    return plan(t, i).backupId;
  } catch (error) {
    expect(error).toMatchObject({ code: 'time-not-restorable' });
    return (error as Error).message;
  }
};

describe('R8: the way to a point in time', () => {
  it('begins with the newest image at or before it, and knows the older ones of the same history', () => {
    expect(plan(160, 1)).toEqual({
      backupId: 'second',
      pointInTime: { point: { t: 160, i: 1 }, instanceId, timeline: 1, olderBases: ['first'] },
    });
    expect(plan(400, 1)).toMatchObject({ backupId: 'newest', pointInTime: { timeline: 2, olderBases: ['after'] } });
  });

  it('is there exactly on an image and on the last entry', () => {
    expect(plan(100, 1)).toMatchObject({ backupId: 'first', pointInTime: { olderBases: [] } });
    expect(plan(150, 2)).toMatchObject({ backupId: 'first' });
    expect(plan(150, 3)).toMatchObject({ backupId: 'second' });
    expect(plan(200, 4)).toMatchObject({ backupId: 'second' });
    expect(plan(300, 1)).toMatchObject({ backupId: 'after' });
    expect(plan(400, 9)).toMatchObject({ backupId: 'newest' });
  });

  it('is refused before the first image, after the last entry and in a gap, with what restores', () => {
    const ranges =
      '100:1 (1970-01-01T00:01:40.000Z) to 200:4 (1970-01-01T00:03:20.000Z), 300:1 (1970-01-01T00:05:00.000Z) to 400:9';
    for (const [t, i] of [
      [100, 0],
      [200, 5],
      [250, 0],
      [300, 0],
      [400, 10],
    ] as const)
      expect(refused(t, i)).toContain(ranges);
  });

  it('of a second that may not be over is refused, and so is everything without an archive or an image', () => {
    const at = (milliseconds: number) => choosePlan({ instanceId, point: pointOfMilliseconds(milliseconds) }, stretches, bases);
    expect(at(399_999)).toMatchObject({ backupId: 'newest' });
    expect(() => at(400_000)).toThrow('cannot be restored');
    const point = { t: 150, i: 3 };
    expect(() => choosePlan({ instanceId, point }, [], bases)).toThrow('no time of this instance does');
    expect(() => choosePlan({ instanceId, point }, stretches, [])).toThrow('no time of this instance does');
  });
});
