import { describe, expect, it } from 'vitest';
import { createFaultyStore, type PlannedFault } from './faulty-store.ts';
import { createMemoryStore } from './memory-store.ts';
import type { ObjectStore } from './port.ts';
import { createRetryingStore, type RetryPolicy } from './retrying-store.ts';

function retrying(faults: readonly PlannedFault[]): {
  store: ObjectStore;
  faulty: ReturnType<typeof createFaultyStore>;
  waits: number[];
} {
  const waits: number[] = [];
  const policy: RetryPolicy = {
    attempts: 4,
    firstWait: 100,
    longestWait: 150,
    wait: async (milliseconds, signal) => {
      waits.push(milliseconds);
      signal?.throwIfAborted();
    },
  };
  const faulty = createFaultyStore(createMemoryStore(), faults);
  return { store: createRetryingStore(faulty, policy), faulty, waits };
}

const passing = { kind: 'fail', retryable: true } as const;

describe('createRetryingStore', () => {
  it('repeats what may pass by itself, waiting longer and with a bound', async () => {
    const { store, faulty, waits } = retrying([{ method: 'put', effect: passing, times: 3 }]);
    await store.put('x', Buffer.of(1));
    faulty.assertAllFired();
    expect(faulty.calls.put).toBe(4);
    expect(waits).toHaveLength(3);
    [100, 150, 150].forEach((most, n) => {
      expect(waits[n]).toBeGreaterThanOrEqual(most / 2);
      expect(waits[n]).toBeLessThanOrEqual(most);
    });
  });

  it('gives up after its last try', async () => {
    const { store, faulty } = retrying([{ method: 'get', effect: passing, times: 4 }]);
    await expect(store.get('x')).rejects.toMatchObject({ code: 'store-unavailable' });
    faulty.assertAllFired();
    expect(faulty.calls.get).toBe(4);
  });

  it('does not repeat what no repetition mends', async () => {
    const { store, faulty, waits } = retrying([{ method: 'put', effect: { kind: 'fail', retryable: false } }]);
    await expect(store.put('x', Buffer.of(1))).rejects.toMatchObject({ code: 'store-unavailable' });
    await expect(store.get('x')).rejects.toMatchObject({ code: 'object-not-found' });
    faulty.assertAllFired();
    expect(waits).toEqual([]);
  });

  it('is harmless where the answer was lost but the work was done', async () => {
    const { store, faulty } = retrying([
      { method: 'put', effect: { kind: 'fail-after', retryable: true } },
      { method: 'delete', effect: { kind: 'fail-after', retryable: true } },
    ]);
    await store.put('x', Buffer.of(7));
    expect(await store.get('x')).toEqual(Buffer.of(7));
    await store.delete('x');
    expect(await store.stat('x')).toBeNull();
    faulty.assertAllFired();
  });

  it('goes on with a list behind the last key it gave', async () => {
    const { store, faulty } = retrying([{ method: 'list', effect: { kind: 'fail-after', retryable: true }, times: 2 }]);
    for (const key of ['a', 'b', 'c']) await store.put(key, Buffer.of(1));
    expect((await Array.fromAsync(store.list(''))).map(({ key }) => key)).toEqual(['a', 'b', 'c']);
    faulty.assertAllFired();
  });

  it('stops waiting when it is cancelled', async () => {
    const { store, faulty } = retrying([{ method: 'get', effect: passing }]);
    const controller = new AbortController();
    const read = store.get('x', { signal: controller.signal });
    controller.abort();
    await expect(read).rejects.toMatchObject({ code: 'cancelled' });
    expect(faulty.calls.get).toBe(1);
  });
});

describe('createFaultyStore', () => {
  it('fails a test whose planned fault did not fire', async () => {
    const faulty = createFaultyStore(createMemoryStore(), [{ method: 'put', keyIncludes: 'b', effect: passing }]);
    await faulty.put('a', Buffer.of(1));
    expect(() => faulty.assertAllFired()).toThrow('did not fire');
  });

  it('lies as planned: short reads and swapped objects', async () => {
    const faulty = createFaultyStore(createMemoryStore(), [
      { method: 'get', keyIncludes: 'a', effect: { kind: 'short', missing: 2 } },
      { method: 'getRange', keyIncludes: 'a', effect: { kind: 'swap', other: 'b' } },
    ]);
    await faulty.put('a', Buffer.from('aaaa'));
    await faulty.put('b', Buffer.from('bbbb'));
    expect((await faulty.get('a')).toString()).toBe('aa');
    expect((await faulty.getRange('a', 1, 2)).toString()).toBe('bb');
    expect((await faulty.get('a')).toString()).toBe('aaaa');
    faulty.assertAllFired();
  });

  it('stays dead', async () => {
    const faulty = createFaultyStore(createMemoryStore(), [{ method: 'put', after: 1, effect: { kind: 'die' } }]);
    await faulty.put('a', Buffer.of(1));
    await expect(faulty.put('b', Buffer.of(1))).rejects.toThrow('planned fault');
    await expect(faulty.get('a')).rejects.toThrow('planned fault');
    faulty.assertAllFired();
  });
});
