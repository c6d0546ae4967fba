import fc from 'fast-check';
import { expect, it } from 'vitest';
import { atEase, easeOff, type Ease, type LoadSample } from './ease-off.ts';

const fine: LoadSample = {
  readLatency: 2,
  cacheUsed: 0.8,
  cacheDirty: 0.03,
  lagGrowth: 0,
  bytesPerSecond: 100_000_000,
};
const after = (samples: readonly LoadSample[], start: Ease = atEase): Ease => samples.reduce(easeOff, start);

it('leaves reading alone while all is well', () => {
  expect(after(Array.from({ length: 20 }, () => fine))).toMatchObject({ limit: null, cause: null, usualLatency: 2 });
});

it.each([
  [{ readLatency: 85 }, 'latency', 'reads of others took 85 ms'],
  [{ cacheDirty: 0.18 }, 'dirty-cache', '18 % of the cache was dirty'],
  [{ cacheUsed: 0.951 }, 'full-cache', '95 % of the cache was in use'],
  [{ lagGrowth: 12.4 }, 'lag', 'the member fell 12 s behind'],
])('halves what is read when %j', (bad, trouble, cause) => {
  expect(after([fine, { ...fine, ...bad }])).toMatchObject({ limit: 50_000_000, trouble, cause, calm: 0 });
});

it('halves again while it does not help, but never below 2 MB/s', () => {
  const bad = { ...fine, cacheDirty: 0.3 };
  expect(after([bad, { ...bad, bytesPerSecond: 48_000_000 }]).limit).toBe(24_000_000);
  expect(after(Array.from({ length: 50 }, () => bad)).limit).toBe(2_000_000);
});

it('does not take slow reads for trouble where they are usual, nor fast ones that became less fast', () => {
  const slow = { ...fine, readLatency: 40 };
  const usual = after(Array.from({ length: 10 }, () => slow));
  expect(after([{ ...slow, readLatency: 140 }], usual).limit).toBeNull();
  expect(after([{ ...slow, readLatency: 200 }], usual).limit).not.toBeNull();
  expect(after([fine, { ...fine, readLatency: 45 }]).limit).toBeNull();
});

it('does not learn from trouble what is usual', () => {
  const bad = { ...fine, readLatency: 5000 };
  expect(after([fine, bad, bad, bad]).usualLatency).toBe(2);
});

it('gets faster after the second calm sample, and is free in the end', () => {
  const slowed = after([fine, { ...fine, cacheDirty: 0.3 }]);
  expect(after([fine], slowed)).toMatchObject({ limit: 50_000_000, calm: 1 });
  expect(after([fine, fine], slowed)).toMatchObject({ limit: 75_000_000, cause: slowed.cause });
  expect(
    after(
      Array.from({ length: 6 }, () => fine),
      slowed,
    ),
  ).toMatchObject({ limit: null, cause: null, trouble: null });
});

it('keeps limit and cause together and the limit within its bounds, whatever is measured', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const sample: fc.Arbitrary<LoadSample> = fc.record({
    readLatency: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true })),
    cacheUsed: share,
    cacheDirty: share,
    lagGrowth: fc.double({ min: -1e3, max: 1e6, noNaN: true }),
    bytesPerSecond: fc.double({ min: 0, max: 1e10, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(sample, { maxLength: 50 }), (samples) => {
      let ease = atEase;
      for (const one of samples) {
        ease = easeOff(ease, one);
        expect(ease.limit === null).toBe(ease.cause === null);
        if (ease.limit !== null) expect(ease.limit).toBeGreaterThanOrEqual(2_000_000);
      }
    }),
  );
});
