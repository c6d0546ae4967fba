import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LarderError } from '../core/errors.ts';
import { headerKey } from '../repository/format.ts';
import type { RepositoryConnection } from '../repository/port.ts';
import { openStore } from '../storage/open-store.ts';

/** Holds the key of a repository that has no passphrase. Whoever loses it loses every backup in that repository. */
export const keyFileName = 'repository.key';
/** Holds the key that shall become the repository's, while it is changed. */
export const nextKeyFileName = 'repository.key.new';

const keyLength = 32;

export interface RepositoryPlace {
  readonly repositoryUrl: string;
  /** null: the key file in the data folder unlocks the repository. */
  readonly repositoryPassphrase: string | null;
  readonly dataFolder: string;
}

/**
 * What it takes to open the repository of an installation. Where there is neither a passphrase nor a key file, and no repository
 * yet either, a key file that only its owner can read is made. `wrong-key` if the repository exists and its key file does not, or
 * a change of the key was interrupted.
 */
export async function repositoryConnection(place: RepositoryPlace): Promise<RepositoryConnection> {
  const { repositoryUrl: url, repositoryPassphrase: passphrase, dataFolder } = place;
  if (passphrase !== null) return { url, unlock: { kind: 'passphrase', passphrase } };
  if ((await readKeyFile(join(dataFolder, nextKeyFileName))) !== null) {
    throw new LarderError(
      'wrong-key',
      "A change of the repository's key was interrupted: `larder repository change-key --key-file` finishes it.",
    );
  }
  const path = join(dataFolder, keyFileName);
  const key = (await readKeyFile(path)) ?? (await makeKey(path, place));
  return { url, unlock: { kind: 'key-file', key } };
}

/** The key in the file; null where there is no such file. `wrong-key` if it cannot be read, or holds no key. */
export async function readKeyFile(path: string): Promise<Buffer | null> {
  try {
    const key = Buffer.from((await readFile(path, 'utf8')).trim(), 'hex');
    if (key.length === keyLength) return key;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new LarderError('wrong-key', `The key file ${path} cannot be read.`, { cause: error });
  }
  throw new LarderError(
    'wrong-key',
    `The key file ${path} is damaged: it must hold ${keyLength * 2} hexadecimal digits. Put back the copy you kept of it.`,
  );
}

async function makeKey(path: string, { repositoryUrl, dataFolder }: RepositoryPlace): Promise<Buffer> {
  const store = await openStore(repositoryUrl);
  try {
    if ((await store.stat(headerKey)) !== null) {
      throw new LarderError(
        'wrong-key',
        `There is a repository in ${store.location}, but neither its key file ${path} nor LARDER_REPOSITORY_PASSPHRASE. Put back the copy you kept of the key, or set the passphrase.`,
      );
    }
  } finally {
    await store.close();
  }
  await mkdir(dataFolder, { recursive: true, mode: 0o700 });
  return writeNewKey(path);
}

/** Makes a key file that only its owner can read, or gives back the key of the one that is there. `invalid-setting` if it cannot be written. */
export async function writeNewKey(path: string): Promise<Buffer> {
  const key = randomBytes(keyLength);
  try {
    // Exclusive: of two first starts at the same time one makes the key, the other reads it.
    await using file = await open(path, 'wx', 0o600);
    await file.writeFile(`${key.toString('hex')}\n`);
    await file.sync();
  } catch (error) {
    const other = (error as NodeJS.ErrnoException).code === 'EEXIST' ? await readKeyFile(path) : null;
    if (other !== null) return other;
    throw new LarderError('invalid-setting', `The key file ${path} cannot be written: the data folder must be writable.`, {
      cause: error,
    });
  }
  return key;
}
