import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planArchiveRetention, type ArchiveFacts } from './archive-retention.ts';
import type { OpTime } from './image.ts';
import { planReplay, restorableRanges, type ReplayBase } from './oplog-archive.ts';

const at = (t: number, i = 1, term = 1): OpTime => ({ t, i, term });
const base = (backupId: string, time: OpTime, oplogAfter = time): ReplayBase => ({
  backupId,
  time,
  oplogAfter: { t: oplogAfter.t, i: oplogAfter.i },
});
const one = (number: number, after: OpTime, to: OpTime) => ({ number, stretches: [{ timeline: number, after, to }] });
const facts = (change: Partial<ArchiveFacts>): ArchiveFacts => ({
  timelines: [one(1, at(100), at(300, 7))],
  bases: [],
  owner: 'followed',
  horizon: null,
  beingMade: false,
  ...change,
});
const plan = (change: Partial<ArchiveFacts>) =>
  planArchiveRetention(facts(change)).map(({ number, keep, removes, reason }) => {
    const kept = keep.map(({ after, to }) => [`${after.t}:${after.i}`, `${to.t}:${to.i}`].join(' '));
    return [number, kept, removes ? reason : 'nothing'];
  });

describe('what an archive keeps (P6)', () => {
  it('is whatever the oldest image needs, and not what lies before it', () => {
    expect(plan({ bases: [base('b', at(250)), base('a', at(200))] })).toEqual([[1, ['200:1 300:7'], 'before-oldest-base']]);
    expect(plan({ bases: [base('a', at(100))] })).toEqual([[1, ['100:1 300:7'], 'nothing']]);
  });

  it('includes the earlier entries of transactions that were open at any image (O1, E7)', () => {
    expect(plan({ bases: [base('a', at(200), at(180)), base('b', at(250), at(170))] })).toEqual([
      [1, ['170:1 300:7'], 'before-oldest-base'],
    ]);
  });

  it('reaches back as many days as the policy says, with the image from which the oldest moment restores', () => {
    const bases = [base('manual', at(110)), base('b', at(200)), base('c', at(280))];
    expect(plan({ bases, horizon: 250 })).toEqual([[1, ['200:1 300:7'], 'past-keep-days']]);
    expect(plan({ bases, horizon: 105 })).toEqual([[1, ['110:1 300:7'], 'before-oldest-base']]);
    // Nobody could archive for longer than that: what leads on from the newest image stays all the same.
    expect(plan({ bases, horizon: 900 })).toEqual([[1, ['280:1 300:7'], 'past-keep-days']]);
  });

  it('always includes the end, where history goes on', () => {
    expect(plan({ bases: [base('a', at(300, 7))] })).toEqual([[1, ['300:6 300:7'], 'before-oldest-base']]);
    expect(plan({ owner: 'kept' })).toEqual([[1, ['300:6 300:7'], 'end']]);
    expect(plan({ horizon: 900 })).toEqual([[1, ['300:6 300:7'], 'past-keep-days']]);
    expect(plan({ horizon: 200 })).toEqual([[1, ['200:0 300:7'], 'past-keep-days']]);
    expect(plan({})).toEqual([[1, ['100:1 300:7'], 'nothing']]);
  });

  it('has no history that ended and that no image begins, unless one is just being made', () => {
    const timelines = [
      one(1, at(100), at(300)),
      one(2, at(310), at(400)),
      { number: 3, stretches: [] },
      one(4, at(500), at(600)),
    ];
    const bases = [base('a', at(200)), base('b', at(550))];
    const ends = [
      [1, ['200:1 300:1'], 'before-oldest-base'],
      [4, ['550:1 600:1'], 'before-oldest-base'],
    ];
    expect(plan({ timelines, bases })).toEqual([ends[0], [2, [], 'no-base'], [3, [], 'no-base'], ends[1]]);
    expect(plan({ timelines, bases, beingMade: true })).toEqual([
      ends[0],
      [2, ['310:1 400:1'], 'nothing'],
      [3, [], 'no-base'],
      ends[1],
    ]);
    expect(plan({ timelines, bases, horizon: 301 })).toEqual([
      [1, [], 'past-keep-days'],
      [2, [], 'no-base'],
      [3, [], 'no-base'],
      ends[1],
    ]);
  });

  it('keeps the pieces of a timeline apart from which segments got lost', () => {
    const stretches = [at(100), at(150), at(200)].map((after) => ({ timeline: 1, after, to: at(after.t + 40) }));
    expect(plan({ timelines: [{ number: 1, stretches }], bases: [base('a', at(110)), base('b', at(220))] })).toEqual([
      [1, ['110:1 140:1', '220:1 240:1'], 'before-oldest-base'],
    ]);
  });

  it('is nothing once the instance is gone', () => {
    expect(plan({ owner: 'gone', bases: [base('a', at(200))] })).toEqual([[1, [], 'instance-gone']]);
    expect(planArchiveRetention(facts({ timelines: [] }))).toEqual([]);
  });

  const time = fc.record({ t: fc.integer({ min: 1, max: 40 }), i: fc.integer({ min: 0, max: 3 }), term: fc.constant(1) });
  const timelines = fc
    .array(fc.tuple(time, time), { maxLength: 3 })
    .map((spans) =>
      spans.map(([a, b], n) => one(n + 1, a.t <= b.t ? a : b, { ...(a.t <= b.t ? b : a), t: Math.max(a.t, b.t) + 1 })),
    );
  const bases = fc
    .array(fc.tuple(time, fc.nat(5)), { maxLength: 5 })
    .map((images) => images.map(([image, open], n) => base(`b${n}`, image, { ...image, t: image.t - open })));
  const anyFacts: fc.Arbitrary<ArchiveFacts> = fc.record({
    timelines,
    bases,
    owner: fc.constantFrom('followed', 'kept'),
    horizon: fc.option(fc.integer({ min: 0, max: 50 })),
    beingMade: fc.boolean(),
  });

  it('restores every moment of the policy’s days by the same image as before, and claims none that was not there', () => {
    fc.assert(
      fc.property(anyFacts, (given) => {
        const before = given.timelines.flatMap(({ stretches }) => stretches);
        const verdicts = planArchiveRetention(given);
        const after = verdicts.flatMap(({ keep }) => keep);
        const way = (t: number, stretches: typeof before) => {
          const found = planReplay({ t, i: 2 }, stretches, given.bases);
          return found && { image: found.base.time, timeline: found.timeline };
        };
        for (let t = given.horizon ?? 0; t <= 42; t++) expect(way(t, after)).toEqual(way(t, before));
        for (const { timeline, from, to } of restorableRanges(after, given.bases)) {
          const [was] = restorableRanges(before, given.bases).filter((range) => range.timeline === timeline);
          expect(was?.to).toEqual(to);
          expect(was!.from.t <= from.t).toBe(true);
        }
        expect(after.at(-1)?.to).toEqual(before.at(-1)?.to);
        // Done once, there is nothing more to do.
        const left = verdicts.filter(({ keep }) => keep.length > 0).map(({ number, keep }) => ({ number, stretches: keep }));
        expect(planArchiveRetention({ ...given, timelines: left }).filter(({ removes }) => removes)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});
