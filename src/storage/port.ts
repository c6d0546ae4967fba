/** One object of a store. */
export interface StoredObject {
  readonly key: string;
  readonly size: number;
  readonly modified: Date;
}

export interface StoreOptions {
  readonly signal?: AbortSignal;
}

/**
 * A flat store of immutable-by-convention objects. It knows bytes and no format.
 *
 * Keys are `/`-separated segments of `[A-Za-z0-9._-]`, never empty, never `.` or `..`; anything else is refused with
 * `internal`. Failures are LarderError: `object-not-found`, `store-unavailable` (retryable says whether a repetition can
 * help), `object-corrupt` (a short read), `cancelled`.
 */
export interface ObjectStore {
  /** What people see in messages and logs; holds no secret. */
  readonly location: string;
  /** Durable and visible as a whole once resolved; never visible in part. Replaces an existing object as a whole. Repeating it is harmless. */
  put(key: string, bytes: Uint8Array, options?: StoreOptions): Promise<void>;
  get(key: string, options?: StoreOptions): Promise<Buffer>;
  /** Exactly `length` bytes from `offset`, or an error: a shorter object is `object-corrupt`. */
  getRange(key: string, offset: number, length: number, options?: StoreOptions): Promise<Buffer>;
  /** null where there is no such object. */
  stat(key: string, options?: StoreOptions): Promise<StoredObject | null>;
  /** All objects whose key starts with `prefix`, in key order. Objects written meanwhile may or may not appear. */
  list(prefix: string, options?: StoreOptions): AsyncIterable<StoredObject>;
  /** Absent afterwards; deleting what is not there succeeds. */
  delete(key: string, options?: StoreOptions): Promise<void>;
  close(): Promise<void>;
}
