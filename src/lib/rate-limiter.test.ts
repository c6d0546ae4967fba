import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRateLimiter } from './rate-limiter.ts';

describe('createRateLimiter', () => {
  const at = (perMinute: number) => {
    let now = 1_000_000;
    const limiter = createRateLimiter(perMinute, { now: () => new Date(now) });
    return { take: (key = 'a') => limiter.take(key), pass: (ms: number) => (now += ms) };
  };

  it('lets as many pass at once, says how long to wait, and lets one more pass after that', () => {
    const { take, pass } = at(6);
    expect(Array.from({ length: 6 }, () => take())).toEqual([0, 0, 0, 0, 0, 0]);
    expect(take()).toBe(10);
    pass(9_000);
    expect(take()).toBe(1);
    pass(1_000);
    expect(take()).toBe(0);
    expect(take()).toBe(10);
    pass(3_600_000);
    expect(Array.from({ length: 7 }, () => take())).toEqual([0, 0, 0, 0, 0, 0, 10]);
  });

  it('counts each key alone, and forgets the first of too many', () => {
    const { take } = at(1);
    expect([take('a'), take('b'), take('a')]).toEqual([0, 0, 60]);
    for (let n = 0; n < 9_999; n++) expect(take(`other-${n}`)).toBe(0);
    expect(take('a')).toBe(60);
    expect(take('b')).toBe(0);
  });

  it('never lets more pass than the burst and what became free, and always passes who waits as told', () => {
    const waits = fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600 }), waits, (perMinute, pauses) => {
        const { take, pass } = at(perMinute);
        let passed = 0;
        let elapsed = 0;
        for (const ms of pauses) {
          pass(ms);
          elapsed += ms;
          const wait = take();
          if (wait === 0) passed++;
          else {
            pass(wait * 1000);
            elapsed += wait * 1000;
            expect(take()).toBe(0);
            passed++;
          }
        }
        expect(passed).toBeLessThanOrEqual(perMinute + (elapsed * perMinute) / 60_000 + 0.001);
      }),
    );
  });

  it('goes on where the clock is set back', () => {
    const { take, pass } = at(2);
    take();
    take();
    pass(-3_600_000);
    expect(take()).toBe(30);
    pass(30_000);
    expect(take()).toBe(0);
  });
});
