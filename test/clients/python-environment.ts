import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { keptInCache } from '../fixtures/kept-in-cache.ts';

const run = promisify(execFile);
const limit = { timeout: 300_000 };

/**
 * A Python with exactly these packages, made on first use and kept in the user's cache, one folder per set of versions. Resolves
 * with the path of its `python`. Fails, and says what to install, if there is no python3 or its venv module is missing.
 */
export async function pythonEnvironment(name: string, packages: readonly string[]): Promise<string> {
  const key = packages.map((one) => one.replaceAll(/[^0-9A-Za-z.]+/g, '-')).join('_');
  const pythonOf = (folder: string): string => join(folder, 'bin', 'python');
  const folder = await keptInCache(join(`venv-${name}`, key), async (draft) => {
    await run('python3', ['-m', 'venv', draft], limit).catch((error: unknown) => {
      throw new Error('This test needs Python 3 with its venv module: install python3 and python3-venv.', { cause: error });
    });
    await run(pythonOf(draft), ['-m', 'pip', 'install', '--quiet', ...packages], limit);
  });
  return pythonOf(folder);
}
