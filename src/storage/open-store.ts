import { systemClock, type Clock } from '../lib/clock.ts';
import { openFileStore } from './file-store.ts';
import type { ObjectStore } from './port.ts';
import { createRetryingStore } from './retrying-store.ts';
import { throwIfCancelled } from './store-errors.ts';
import { parseStoreUrl, type StoreUrl } from './store-url.ts';

/**
 * Opens the store that a URL names, with bounded retries of what may pass by itself. A folder is created if it is not there, a bucket is not.
 * `invalid-setting` for a URL that is none, `store-unavailable` for a folder that cannot be used.
 */
export async function openStore(
  url: string,
  options: { readonly signal?: AbortSignal; readonly clock?: Clock } = {},
): Promise<ObjectStore> {
  throwIfCancelled(options.signal);
  const parsed = parseStoreUrl(url);
  const store =
    parsed.kind === 'file' ? await openFileStore(parsed.path, { clock: options.clock ?? systemClock }) : await openS3(parsed);
  return createRetryingStore(store);
}

/** Loaded only where it is used: the SDK takes 30 MB of memory in every thread. */
async function openS3(parsed: Extract<StoreUrl, { kind: 's3' }>): Promise<ObjectStore> {
  const { openS3Store } = await import('./s3-store.ts');
  return openS3Store(parsed);
}
