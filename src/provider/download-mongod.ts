import { fileURLToPath } from 'node:url';
import { runProcess } from '../lib/run-process.ts';

/** The newest release line Larder is written for that the vendor builds for every current system. */
export const downloadVersion = '7.0.24';

/** 60 to 90 MB; without a network it fails within a second, because a failed attempt is not repeated. */
const timeoutMs = 600_000;

/**
 * Downloads the vendor's build of `downloadVersion` for this system into `folder` and resolves with the program's path. Rejects
 * with the reason in plain words; nothing runs on after that, also on cancellation.
 */
export async function downloadMongod(folder: string, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<string> {
  const script = fileURLToPath(
    new URL(`./mongod-download-process${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
  );
  const output = await runProcess(process.execPath, [script, downloadVersion, folder], {
    signal,
    timeoutMs,
    env: { ...env, MONGOMS_MAX_RETRIES: '1', MONGOMS_SYSTEM_BINARY: '' },
  });
  const path = /^mongod: (.+)$/m.exec(output)?.[1];
  if (path === undefined) throw new Error('the download ended without a program');
  return path;
}
