import { LarderError } from '../core/errors.ts';
import type { ObjectStore } from './port.ts';

export type StoreMethod = 'put' | 'get' | 'getRange' | 'stat' | 'list' | 'delete';

/**
 * What goes wrong. `fail`: nothing happens and it throws. `fail-after`: it happens and throws all the same, as when an answer is lost.
 * `short`: a read gives fewer bytes than the object has, without an error. `swap`: a read gives another object. `die`: this
 * call and every later one of any method throw, as if the process or the store were gone.
 */
export type FaultEffect =
  | { readonly kind: 'fail' | 'fail-after'; readonly retryable: boolean }
  | { readonly kind: 'short'; readonly missing: number }
  | { readonly kind: 'swap'; readonly other: string }
  | { readonly kind: 'die' };

export interface PlannedFault {
  readonly method: StoreMethod;
  readonly effect: FaultEffect;
  /** Only calls whose key contains this; every call if it is not given. */
  readonly keyIncludes?: string;
  /** So many matching calls pass first; 0 if not given. */
  readonly after?: number;
  /** So many calls are hit; 1 if not given. */
  readonly times?: number;
}

export interface FaultyStore extends ObjectStore {
  /** Calls of each method so far, hit or not. */
  readonly calls: Readonly<Record<StoreMethod, number>>;
  /** Throws if a planned fault has not fired as often as planned: a test that relied on it proved nothing. */
  assertAllFired(): void;
}

/** Puts planned, counted faults in front of a store. For tests of what stands on a store. */
export function createFaultyStore(inner: ObjectStore, faults: readonly PlannedFault[]): FaultyStore {
  const calls: Record<StoreMethod, number> = { put: 0, get: 0, getRange: 0, stat: 0, list: 0, delete: 0 };
  const states = faults.map((fault) => ({ fault, passed: 0, fired: 0 }));
  let dead = false;

  const broken = (method: StoreMethod, key: string, retryable: boolean): LarderError =>
    new LarderError('store-unavailable', `planned fault: ${method} ${key}`, { retryable, details: { object: key } });

  const nextEffect = (method: StoreMethod, key: string): FaultEffect | null => {
    calls[method]++;
    if (dead) throw broken(method, key, false);
    for (const state of states) {
      const { fault } = state;
      if (fault.method !== method || !key.includes(fault.keyIncludes ?? '')) continue;
      if (state.fired >= (fault.times ?? 1)) continue;
      if (state.passed++ < (fault.after ?? 0)) continue;
      state.fired++;
      if (fault.effect.kind === 'die') {
        dead = true;
        throw broken(method, key, false);
      }
      if (fault.effect.kind === 'fail') throw broken(method, key, fault.effect.retryable);
      return fault.effect;
    }
    return null;
  };

  const run = async <T>(
    method: StoreMethod,
    key: string,
    act: (key: string) => Promise<T>,
    cut?: (result: T, missing: number) => T,
  ): Promise<T> => {
    const effect = nextEffect(method, key);
    const result = await act(effect?.kind === 'swap' ? effect.other : key);
    if (effect?.kind === 'fail-after') throw broken(method, key, effect.retryable);
    return effect?.kind === 'short' && cut !== undefined ? cut(result, effect.missing) : result;
  };
  const shorter = (bytes: Buffer, missing: number): Buffer => bytes.subarray(0, Math.max(0, bytes.length - missing));

  return {
    location: inner.location,
    calls,
    assertAllFired() {
      const idle = states.filter((state) => state.fired !== (state.fault.times ?? 1)).map((state) => state.fault);
      if (idle.length > 0) throw new LarderError('internal', `planned faults did not fire: ${JSON.stringify(idle)}`);
    },
    put: (key, bytes, options) => run('put', key, () => inner.put(key, bytes, options)),
    get: (key, options) => run('get', key, (at) => inner.get(at, options), shorter),
    getRange: (key, offset, length, options) =>
      run('getRange', key, (at) => inner.getRange(at, offset, length, options), shorter),
    stat: (key, options) => run('stat', key, (at) => inner.stat(at, options)),
    async *list(prefix, options) {
      const effect = nextEffect('list', prefix);
      yield* inner.list(prefix, options);
      if (effect?.kind === 'fail-after') throw broken('list', prefix, effect.retryable);
    },
    delete: (key, options) => run('delete', key, () => inner.delete(key, options)),
    close: () => inner.close(),
  };
}
