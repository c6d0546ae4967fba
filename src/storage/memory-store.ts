import { systemClock, type Clock } from '../lib/clock.ts';
import { checkObjectKey, checkObjectPrefix } from './object-key.ts';
import type { ObjectStore, StoreOptions } from './port.ts';
import { objectNotFound, rangeMissing, throwIfCancelled } from './store-errors.ts';

/** A memory store and its objects, for tests that look at or damage what is stored. */
export interface MemoryStore extends ObjectStore {
  readonly objects: Map<string, { bytes: Buffer; modified: Date }>;
}

/** A store that lives and dies with the process. Keeps every promise of the port but durability. */
export function createMemoryStore(options: { readonly clock?: Clock } = {}): MemoryStore {
  const clock = options.clock ?? systemClock;
  const location = 'memory:';
  const objects: MemoryStore['objects'] = new Map();
  const bytesOf = (key: string, storeOptions?: StoreOptions): Buffer => {
    checkObjectKey(key);
    throwIfCancelled(storeOptions?.signal);
    const object = objects.get(key);
    if (object === undefined) throw objectNotFound(location, key);
    return object.bytes;
  };
  return {
    location,
    objects,
    async put(key, bytes, storeOptions) {
      checkObjectKey(key);
      throwIfCancelled(storeOptions?.signal);
      objects.set(key, { bytes: Buffer.from(bytes), modified: clock.now() });
    },
    async get(key, storeOptions) {
      return Buffer.from(bytesOf(key, storeOptions));
    },
    async getRange(key, offset, length, storeOptions) {
      const bytes = bytesOf(key, storeOptions);
      if (offset + length > bytes.length) throw rangeMissing(location, key, offset, length);
      return Buffer.from(bytes.subarray(offset, offset + length));
    },
    async stat(key, storeOptions) {
      checkObjectKey(key);
      throwIfCancelled(storeOptions?.signal);
      const object = objects.get(key);
      return object === undefined ? null : { key, size: object.bytes.length, modified: object.modified };
    },
    async *list(prefix, storeOptions) {
      checkObjectPrefix(prefix);
      const keys = [...objects.keys()].filter((key) => key.startsWith(prefix)).sort();
      for (const key of keys) {
        throwIfCancelled(storeOptions?.signal);
        const object = objects.get(key);
        if (object !== undefined) yield { key, size: object.bytes.length, modified: object.modified };
      }
    },
    async delete(key, storeOptions) {
      checkObjectKey(key);
      throwIfCancelled(storeOptions?.signal);
      objects.delete(key);
    },
    async close() {},
  };
}
