import { randomBytes } from 'node:crypto';
import { access, chmod, mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** `${XDG_CACHE_HOME:-~/.cache}/larder/mongod`: outside every checkout, so that clones share it. */
export function defaultMongodCache(env: NodeJS.ProcessEnv): string {
  const base = env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache');
  return join(base, 'larder', 'mongod');
}

/** Where a version lies once it is cached. */
export function cachedMongodPath(cacheFolder: string, version: string): string {
  return join(cacheFolder, version, 'mongod');
}

/**
 * Puts a file or folder into the cache as a whole or not at all: `produce` works in a folder of its own and returns the path
 * in it that is then renamed into place. Several processes may do so at once: one wins and all of them hold the same.
 * Whatever fails leaves nothing behind. Returns `target`.
 */
export async function intoCache(
  cacheFolder: string,
  target: string,
  produce: (folder: string) => Promise<string>,
): Promise<string> {
  const work = join(cacheFolder, `.incoming-${randomBytes(8).toString('hex')}`);
  await mkdir(work, { recursive: true });
  try {
    const produced = await produce(work);
    await chmod(produced, 0o755);
    await mkdir(dirname(target), { recursive: true });
    await rename(produced, target).catch(async (error: unknown) => {
      // A folder, unlike a file, is not replaced: somebody else was quicker, and theirs is as good.
      if (!(await isPresent(target))) throw error;
    });
    return target;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** True if there is something at `path`. */
export async function isPresent(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
