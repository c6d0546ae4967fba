import type { Clock } from '../lib/clock.ts';
import type { ObjectStore } from '../storage/port.ts';
import type { EngineLog } from './engine-deps.ts';

/** All objects have to be listed for it, which costs a large bucket many requests. Milliseconds. */
const lookAgainAfter = 15 * 60_000;

export interface StoreSize {
  /** What was found last, null until something was. Begins to look again, without waiting, where that was long ago. */
  newest(): { readonly bytes: number; readonly objects: number } | null;
}

/** The size of a store. A failure is logged, and the last size stands. */
export function createStoreSize(store: ObjectStore, clock: Clock, log: EngineLog): StoreSize {
  let found: { readonly bytes: number; readonly objects: number } | null = null;
  let looked: number | null = null;
  let looking = false;
  const look = async (): Promise<void> => {
    let [bytes, objects] = [0, 0];
    for await (const { size } of store.list('')) {
      bytes += size;
      objects++;
    }
    found = { bytes, objects };
  };
  return {
    newest() {
      const now = clock.now().getTime();
      if (!looking && (looked === null || Math.abs(now - looked) >= lookAgainAfter)) {
        looking = true;
        looked = now;
        void look()
          .catch((error: unknown) => log.warn({ err: error }, 'the size of the repository could not be found out'))
          .finally(() => {
            looking = false;
          });
      }
      return found;
    },
  };
}
