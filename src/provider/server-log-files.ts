import { readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { logFileOf, runningPid, signalProcess } from './durable-mongod.ts';

/** The log before it, where there is one, and the log, oldest first. */
export async function logFilesOf(folder: string): Promise<readonly string[]> {
  return [...(await olderLogs(folder)).slice(-1).map((name) => join(folder, name)), logFileOf(folder)];
}

/**
 * Lets the server begin another log once this one has `most` bytes, and removes all older ones but the last: a server's logs take twice as
 * much, and what it writes between two looks.
 */
export async function rotateLog(folder: string, most: number): Promise<void> {
  const size = await stat(logFileOf(folder)).then(
    (found) => found.size,
    () => 0,
  );
  const pid = size < most ? null : await runningPid(folder);
  if (pid !== null) signalProcess(pid, 'SIGUSR1');
  for (const name of (await olderLogs(folder)).slice(0, -1)) await rm(join(folder, name), { force: true });
}

/** The server names them by the time at which it began the next: `mongod.log.2026-11-25T10-00-00`. */
async function olderLogs(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.startsWith(`${basename(logFileOf(folder))}.`)).toSorted();
}
