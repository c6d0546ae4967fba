import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../lib/clock.ts';
import { isSystemError, translateFileError } from './file-errors.ts';
import { checkObjectKey, checkObjectPrefix } from './object-key.ts';
import type { ObjectStore, StoredObject, StoreOptions } from './port.ts';
import { rangeMissing, throwIfCancelled } from './store-errors.ts';

/** Holds files being written. `~` cannot stand in a key, so no object can collide with it or be listed from it. */
const temporaryFolder = '~tmp';

/** A temporary file older than this belongs to a process that died: no put takes an hour. */
export const staleTemporaryAge = 60 * 60 * 1000;

const privateFolder = { recursive: true, mode: 0o700 } as const;

/** Makes a rename or a new folder in `path` survive a power cut. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Creates `path` and makes every folder that was created durable. */
async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, privateFolder);
  if (first === undefined) return;
  for (let at = path; at.length >= first.length; at = dirname(at)) await syncFolder(dirname(at));
}

/** Removes what processes that died left; a file that vanishes meanwhile is no error. */
async function sweepTemporaryFiles(folder: string, clock: Clock): Promise<void> {
  const oldest = clock.now().getTime() - staleTemporaryAge;
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const facts = await stat(path).catch(() => null);
    if (facts !== null && facts.mtimeMs < oldest) await rm(path, { force: true });
  }
}

/**
 * Opens the folder `root` (absolute) as a store and creates it if it is not there. Objects are files; a file appears under
 * its name only complete and synced. `store-unavailable` in plain words if the folder cannot be used.
 */
export async function openFileStore(root: string, options: { readonly clock: Clock }): Promise<ObjectStore> {
  const location = `file://${root}`;
  const temporary = join(root, temporaryFolder);
  try {
    await makeFolder(temporary);
    await sweepTemporaryFiles(temporary, options.clock);
  } catch (error) {
    throw translateFileError(error, location, temporaryFolder);
  }

  /** Checks the key and the signal, runs, and translates whatever the file system throws. */
  const guarded = async <T>(
    key: string,
    storeOptions: StoreOptions | undefined,
    run: (path: string) => Promise<T>,
  ): Promise<T> => {
    checkObjectKey(key);
    throwIfCancelled(storeOptions?.signal);
    try {
      return await run(join(root, key));
    } catch (error) {
      throw translateFileError(error, location, key, storeOptions?.signal);
    }
  };

  const writeTemporary = async (path: string, bytes: Uint8Array, signal: AbortSignal | undefined): Promise<void> => {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(bytes, signal === undefined ? {} : { signal });
      await file.sync();
    } finally {
      await file.close();
    }
  };

  async function* walk(folder: string, prefix: string, signal: AbortSignal | undefined): AsyncIterable<StoredObject> {
    throwIfCancelled(signal);
    const entries = await readdir(join(root, folder), { withFileTypes: true }).catch((error: unknown) => {
      if (isSystemError(error, 'ENOENT')) return [];
      throw translateFileError(error, location, folder, signal);
    });
    // Keys are ordered as whole strings, in which a folder's name is followed by a slash.
    const names = entries
      .filter((entry) => entry.name !== temporaryFolder)
      .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
      .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    for (const name of names) {
      const key = folder + name;
      if (name.endsWith('/')) {
        if (key.startsWith(prefix) || prefix.startsWith(key)) yield* walk(key, prefix, signal);
        continue;
      }
      if (!key.startsWith(prefix)) continue;
      throwIfCancelled(signal);
      const facts = await stat(join(root, key)).catch((error: unknown) => {
        if (isSystemError(error, 'ENOENT')) return null; // deleted since the folder was read
        throw translateFileError(error, location, key, signal);
      });
      if (facts !== null) yield { key, size: facts.size, modified: facts.mtime };
    }
  }

  return {
    location,
    put: (key, bytes, storeOptions) =>
      guarded(key, storeOptions, async (path) => {
        const draft = join(temporary, randomBytes(16).toString('hex'));
        try {
          // Each waits for the disk, and neither needs the other.
          const [written, made] = await Promise.allSettled([
            writeTemporary(draft, bytes, storeOptions?.signal),
            makeFolder(dirname(path)),
          ]);
          if (written.status === 'rejected') throw written.reason;
          if (made.status === 'rejected') throw made.reason;
          await rename(draft, path);
        } catch (error) {
          await rm(draft, { force: true }).catch(() => undefined);
          // An ENOENT here is a folder that vanished, not a missing object.
          if (!isSystemError(error, 'ENOENT')) throw error;
          throw translateFileError(
            Object.assign(new Error('the folder vanished', { cause: error }), { code: 'ESTALE' }),
            location,
            key,
          );
        }
        await syncFolder(dirname(path));
      }),
    get: (key, storeOptions) =>
      guarded(key, storeOptions, (path) => {
        const signal = storeOptions?.signal;
        return signal === undefined ? readFile(path) : readFile(path, { signal });
      }),
    getRange: (key, offset, length, storeOptions) =>
      guarded(key, storeOptions, async (path) => {
        const file = await open(path, 'r');
        try {
          const bytes = Buffer.allocUnsafeSlow(length);
          let read = 0;
          while (read < length) {
            throwIfCancelled(storeOptions?.signal);
            const { bytesRead } = await file.read(bytes, read, length - read, offset + read);
            if (bytesRead === 0) throw rangeMissing(location, key, offset, length);
            read += bytesRead;
          }
          if (length === 0 && (await file.stat()).size < offset) throw rangeMissing(location, key, offset, length);
          return bytes;
        } finally {
          await file.close();
        }
      }),
    stat: (key, storeOptions) =>
      guarded(key, storeOptions, async (path) => {
        const facts = await stat(path).catch((error: unknown) => {
          if (isSystemError(error, 'ENOENT')) return null;
          throw error;
        });
        return facts === null || !facts.isFile() ? null : { key, size: facts.size, modified: facts.mtime };
      }),
    list(prefix, storeOptions) {
      checkObjectPrefix(prefix);
      return walk('', prefix, storeOptions?.signal);
    },
    delete: (key, storeOptions) =>
      guarded(key, storeOptions, async (path) => {
        await rm(path, { force: true });
        await syncFolder(dirname(path)).catch((error: unknown) => {
          if (!isSystemError(error, 'ENOENT')) throw error;
        });
      }),
    async close() {},
  };
}
