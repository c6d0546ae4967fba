import { describe, expect, it } from 'vitest';
import { waitUntil } from './wait-until.ts';

describe('waitUntil', () => {
  it('asks until there is an answer and resolves with it', async () => {
    const answers = [null, undefined, false, 0];
    expect(await waitUntil(() => answers.shift(), { timeoutMs: 5_000, intervalMs: 1 })).toBe(0);
    expect(answers).toEqual([]);
  });

  it('takes a question that throws for "not yet", and names the last failure when time runs out', async () => {
    let asked = 0;
    const ask = (): boolean => {
      asked += 1;
      throw new Error(`failure ${asked}`);
    };
    const waiting = waitUntil(ask, { timeoutMs: 1_000, intervalMs: 5, what: 'the moon' });
    const failure: unknown = await waiting.catch((error: unknown) => error);
    expect(failure).toMatchObject({ message: `gave up after 1000 ms waiting for the moon: failure ${asked}` });
    expect(asked).toBeGreaterThan(1);
  });

  it('asks once more than never, however short the time', async () => {
    expect(await waitUntil(() => 'there', { timeoutMs: 1_000 })).toBe('there');
  });

  it('throws the reason of a cancellation at once', async () => {
    const controller = new AbortController();
    const waiting = waitUntil(() => controller.abort(new Error('enough')), {
      timeoutMs: 60_000,
      intervalMs: 60_000,
      signal: controller.signal,
    });
    await expect(waiting).rejects.toThrow('enough');
  });
});
