import { execFile } from 'node:child_process';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const limit = { timeout: 300_000 };

/**
 * A Python with exactly these packages, made on first use and kept in the user's cache, one folder per set of versions. Resolves
 * with the path of its `python`. Fails, and says what to install, if there is no python3 or its venv module is missing.
 */
export async function pythonEnvironment(name: string, packages: readonly string[]): Promise<string> {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const key = packages.map((one) => one.replaceAll(/[^0-9A-Za-z.]+/g, '-')).join('_');
  const folder = join(cache, 'larder', `venv-${name}`, key);
  const python = join(folder, 'bin', 'python');
  if (await exists(python)) return python;
  await mkdir(dirname(folder), { recursive: true });
  // Made under another name first: a run that is broken off must not leave half an environment behind.
  const draft = `${folder}.${process.pid}`;
  await rm(draft, { recursive: true, force: true });
  await run('python3', ['-m', 'venv', draft], limit).catch((error: unknown) => {
    throw new Error('This test needs Python 3 with its venv module: install python3 and python3-venv.', { cause: error });
  });
  await run(join(draft, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', ...packages], limit);
  await rename(draft, folder).catch(async (error: unknown) => {
    await rm(draft, { recursive: true, force: true });
    // Another run was faster.
    if (!(await exists(python))) throw error;
  });
  return python;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
