import { expect, it } from 'vitest';
import type { LoadSample } from './ease-off.ts';
import { Pace } from './pace.ts';

const calm: LoadSample = { readLatency: null, cacheUsed: 0.5, cacheDirty: 0, lagGrowth: 0, bytesPerSecond: 40_000_000 };

function paced(limit: number | null) {
  let now = 0;
  const pace = new Pace({
    clock: { now: () => new Date(now) },
    limit,
    signal: new AbortController().signal,
    sleep: async (milliseconds) => void (now += milliseconds),
  });
  return { pace, seconds: () => now / 1000 };
}

it('reads N bytes in not less than N / rate, what is urgent at once but on account', async () => {
  const { pace, seconds } = paced(5_000_000);
  for (let n = 0; n < 10; n++) await pace.take(1_000_000, false);
  expect(seconds()).toBeGreaterThanOrEqual(2);
  const before = seconds();
  await pace.take(5_000_000, true);
  expect(seconds()).toBe(before);
  await pace.take(5_000_000, false);
  expect(seconds()).toBeGreaterThanOrEqual(4);
});

it('takes the slower of what was asked for and what the member bears, says why, and notes each kind of trouble once', async () => {
  const { pace, seconds } = paced(30_000_000);
  pace.adapt(calm);
  expect([pace.limit, pace.cause]).toEqual([30_000_000, null]);
  pace.adapt({ ...calm, cacheDirty: 0.2 });
  pace.adapt({ ...calm, cacheDirty: 0.4 });
  expect([pace.limit, pace.cause]).toEqual([10_000_000, '40 % of the cache was dirty']);
  await pace.take(20_000_000, false);
  expect(seconds()).toBeGreaterThanOrEqual(2);
  pace.adapt({ ...calm, lagGrowth: 20 });
  expect(pace.notes).toEqual([
    'Reading was slowed down for a time: 20 % of the cache was dirty.',
    'Reading was slowed down for a time: the member fell 20 s behind.',
  ]);
  pace.forget();
  expect([pace.limit, pace.cause]).toEqual([30_000_000, null]);
});
