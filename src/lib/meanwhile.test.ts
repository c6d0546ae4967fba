import { describe, expect, it } from 'vitest';
import { meanwhile } from './meanwhile.ts';

const { signal } = new AbortController();

describe('meanwhile', () => {
  it('does the one thing again and again until the other is done', async () => {
    const done = Promise.withResolvers<void>();
    let times = 0;
    const also = async (): Promise<void> => {
      if (++times === 3) done.resolve();
    };
    await meanwhile(() => done.promise, also, { interval: 1, signal });
    expect(times).toBe(3);
  });

  it('ends the work, and waits for it, where what is done meanwhile fails', async () => {
    let over = false;
    const work = (stop: AbortSignal): Promise<void> =>
      new Promise((_, reject) => {
        stop.addEventListener('abort', () => {
          over = true;
          reject(new Error('the work was ended'));
        });
      });
    const also = () => Promise.reject(new Error('no oplog'));
    await expect(meanwhile(work, also, { interval: 1, signal })).rejects.toThrow('no oplog');
    expect(over).toBe(true);
  });

  it('fails with the work, at once', async () => {
    const work = () => Promise.reject(new Error('lost'));
    await expect(meanwhile(work, async () => undefined, { interval: 60_000, signal })).rejects.toThrow('lost');
  });

  it('ends on cancellation with its reason', async () => {
    const cancel = new AbortController();
    const work = (stop: AbortSignal): Promise<void> =>
      new Promise((_, reject) => {
        stop.addEventListener('abort', () => reject(new Error('cancelled')));
      });
    const run = meanwhile(work, async () => cancel.abort(), { interval: 1, signal: cancel.signal });
    await expect(run).rejects.toThrow('cancelled');
  });
});
