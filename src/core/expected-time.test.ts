import { describe, expect, it } from 'vitest';
import { expectTime } from './expected-time.ts';

const sample = (bytes: number, seconds: number, sameTarget = false) => ({ bytes, seconds, sameTarget });
const gigabyte = 1_000_000_000;

describe('the expected time of a restore', () => {
  it('is assumed, and says so, where nothing is known', () => {
    expect(expectTime({ bytes: gigabyte, collections: 10 }, [])).toEqual({
      seconds: 51,
      bytesPerSecond: 20_000_000,
      basis: 'assumed',
      samples: 0,
    });
    expect(expectTime({ bytes: 0, collections: 1 }, [sample(gigabyte, 10)])).toMatchObject({ basis: 'assumed', seconds: 0.1 });
  });

  it('does not come from restores of another size, or that took no time', () => {
    const others = [sample(1000, 2), sample(gigabyte / 101, 3), sample(gigabyte * 101, 900), sample(gigabyte, 0)];
    expect(expectTime({ bytes: gigabyte, collections: 1 }, others)).toMatchObject({ basis: 'assumed' });
  });

  it('is that of the median rate of those nearest in size', () => {
    const near = [10, 20, 40, 50, 100].map((seconds) => sample(gigabyte, seconds));
    const expected = expectTime({ bytes: 2 * gigabyte, collections: 1 }, [...near, sample(gigabyte / 50, 1000)]);
    expect(expected).toEqual({ seconds: 80, bytesPerSecond: 25_000_000, basis: 'others', samples: 5 });
  });

  it('prefers restores into the same instance', () => {
    const samples = [sample(gigabyte, 10), sample(gigabyte / 2, 50, true)];
    expect(expectTime({ bytes: gigabyte, collections: 1 }, samples)).toMatchObject({
      seconds: 100,
      basis: 'this-instance',
      samples: 1,
    });
  });
});
