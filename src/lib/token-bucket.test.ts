import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TokenBucket, type Sleep } from './token-bucket.ts';

/** Time that passes only while somebody sleeps. */
function fakeTime() {
  let now = 1_700_000_000_000;
  const sleep: Sleep = async (milliseconds, signal) => {
    signal.throwIfAborted();
    now += milliseconds;
  };
  return {
    clock: { now: () => new Date(now) },
    sleep,
    pass: (milliseconds: number) => void (now += milliseconds),
    since: (start: number) => now - start,
    at: () => now,
  };
}

const never = new AbortController().signal;

it('lets N tokens pass in N / rate seconds, not sooner and hardly later', async () => {
  const amounts = fc.array(fc.integer({ min: 1, max: 5_000_000 }), { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(amounts, fc.integer({ min: 1000, max: 10_000_000 }), async (takes, rate) => {
      const time = fakeTime();
      const bucket = new TokenBucket(time.clock, rate, time.sleep);
      const start = time.at();
      for (const tokens of takes) await bucket.take(tokens, never);
      const least = (takes.reduce((sum, n) => sum + n, 0) * 1000) / rate;
      expect(time.since(start)).toBeGreaterThanOrEqual(least - 1e-3);
      expect(time.since(start)).toBeLessThanOrEqual(least + takes.length + 1);
    }),
  );
});

it('saves nothing up while nobody takes any, and takes nothing when the clock is set back', async () => {
  const time = fakeTime();
  const bucket = new TokenBucket(time.clock, 1000, time.sleep);
  time.pass(3_600_000);
  const start = time.at();
  await bucket.take(2000, never);
  expect(time.since(start)).toBe(2000);
  time.pass(-50_000);
  await bucket.take(1000, never);
  expect(time.since(start)).toBe(2000 - 50_000 + 1000);
});

it('lets what is borrowed be paid by the next', async () => {
  const time = fakeTime();
  const bucket = new TokenBucket(time.clock, 1000, time.sleep);
  const start = time.at();
  bucket.borrow(5000);
  expect(time.since(start)).toBe(0);
  await bucket.take(1000, never);
  expect(time.since(start)).toBe(6000);
});

it('follows a rate that changes while somebody waits', async () => {
  const time = fakeTime();
  let bucket: TokenBucket | null = null;
  let sleeps = 0;
  const sleep: Sleep = async (milliseconds, signal) => {
    await time.sleep(milliseconds, signal);
    if (++sleeps === 4) bucket?.setRate(1_000_000);
  };
  bucket = new TokenBucket(time.clock, 1, sleep);
  const start = time.at();
  await bucket.take(1000, never);
  expect(time.since(start)).toBe(1000 + 1);
  bucket.setRate(null);
  await bucket.take(Number.MAX_SAFE_INTEGER, never);
  expect(time.since(start)).toBe(1001);
});

it('ends when it is told to', async () => {
  const bucket = new TokenBucket({ now: () => new Date(0) }, 1);
  const stop = new AbortController();
  const taken = bucket.take(1000, stop.signal);
  stop.abort(new Error('enough'));
  await expect(taken).rejects.toThrow();
});
