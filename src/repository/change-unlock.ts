import { LarderError } from '../core/errors.ts';
import type { ObjectStore } from '../storage/port.ts';
import { headerKey } from './format.ts';
import type { Unlock } from './port.ts';
import { rewrapHeader, unlockHeader } from './repository-header.ts';

/**
 * Has the repository of a store unlocked by `next` from now on, and by `unlock` no more. The master key stays, and with it every
 * object: whoever kept the header of before and the key of before still has it. The header is replaced as a whole, so that
 * a crash leaves the one or the other. Errors of `openRepository`; `wrong-key` too where somebody else changes it at the same time.
 */
export async function changeUnlock(store: ObjectStore, unlock: Unlock, next: Unlock): Promise<void> {
  const before = await store.get(headerKey);
  const { masterKey } = await unlockHeader(before, unlock);
  const changed = await rewrapHeader(before, unlock, next);
  // Nothing else has the master key: it is proved to be in there before what holds it is replaced.
  await proveHolds(changed, next, masterKey);
  await store.put(headerKey, changed);
  await proveHolds(await store.get(headerKey), next, masterKey);
}

/** Errors of `openRepository`, `wrong-key` among them. */
export async function proveUnlocks(store: ObjectStore, unlock: Unlock): Promise<void> {
  await unlockHeader(await store.get(headerKey), unlock);
}

async function proveHolds(header: Buffer, unlock: Unlock, masterKey: Buffer): Promise<void> {
  const held = await unlockHeader(header, unlock);
  if (!held.masterKey.equals(masterKey)) throw new LarderError('internal', 'the header does not hold the master key any more');
}
