import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isLarderError, LarderError } from '../core/errors.ts';
import { changeUnlock, proveUnlocks } from '../repository/change-unlock.ts';
import type { Unlock } from '../repository/port.ts';
import type { ObjectStore } from '../storage/port.ts';
import { keyFileName, nextKeyFileName, readKeyFile, writeNewKey } from './repository-connection.ts';
import type { RepositoryPlace } from './repository-connection.ts';

/** What shall unlock the repository: a passphrase, or a new key file in the data folder. */
export type NextKey = { readonly kind: 'passphrase'; readonly passphrase: string } | { readonly kind: 'key-file' };

export interface ChangedKey {
  readonly unlockedBy: NextKey['kind'];
  /** Path of the new key file; null with a passphrase. */
  readonly keyFile: string | null;
  /** True if an earlier change had been interrupted and was only brought to its end. */
  readonly finished: boolean;
}

/**
 * Changes what unlocks the repository in `store`, which `place` names. Servers that run go on: they need the key only to start.
 * A change that is killed is finished by the next to a key file. `wrong-key` if what `place` says does not unlock the repository now.
 */
export async function changeRepositoryKey(store: ObjectStore, place: RepositoryPlace, next: NextKey): Promise<ChangedKey> {
  const path = join(place.dataFolder, keyFileName);
  const nextPath = join(place.dataFolder, nextKeyFileName);
  const begun = await readKeyFile(nextPath);
  const isChanged = begun !== null && (await unlocks(store, begun));
  if (isChanged && next.kind === 'passphrase') {
    throw new LarderError(
      'wrong-key',
      'A change to a new key file was interrupted: finish it first, with `larder repository change-key --key-file`.',
    );
  }
  if (!isChanged) {
    const unlock = await currentUnlock(place, path);
    await proveUnlocks(store, unlock);
    // One that was made and not used: nothing says that it is whole on the disk.
    await rm(nextPath, { force: true });
    if (next.kind === 'passphrase') {
      await changeUnlock(store, unlock, next);
      // It opens nothing any more but old copies of the header.
      await rm(path, { force: true });
      return { unlockedBy: 'passphrase', keyFile: null, finished: false };
    }
    await changeUnlock(store, unlock, { kind: 'key-file', key: await writeNewKey(nextPath) });
  }
  await rename(nextPath, path);
  await using folder = await open(place.dataFolder, 'r');
  await folder.sync();
  return { unlockedBy: 'key-file', keyFile: path, finished: isChanged };
}

async function unlocks(store: ObjectStore, key: Buffer): Promise<boolean> {
  try {
    await proveUnlocks(store, { kind: 'key-file', key });
    return true;
  } catch (error) {
    if (isLarderError(error, 'wrong-key')) return false;
    throw error;
  }
}

/** What the settings say; unlike at a start, a missing key file is never made. */
async function currentUnlock({ repositoryPassphrase: passphrase }: RepositoryPlace, path: string): Promise<Unlock> {
  if (passphrase !== null) return { kind: 'passphrase', passphrase };
  const key = await readKeyFile(path);
  if (key === null) {
    throw new LarderError(
      'wrong-key',
      `There is neither the key file ${path} nor LARDER_REPOSITORY_PASSPHRASE: the key can be changed only by who has it.`,
    );
  }
  return { kind: 'key-file', key };
}
