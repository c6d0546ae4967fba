import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { nodeEnvironment, nodeFlags } from '../scripts/node-options.mjs';
import type { MeasuredWork, Taken } from './measured-work.ts';

/** A process that goes on running, and takes one backup after the other in threads, as a server does. */
export interface BackupServer extends AsyncDisposable {
  /** What one took, the thread's start included where it was not kept. Fails if the process ends. */
  backUp(of: MeasuredWork['backup']['of']): Promise<Taken<MeasuredWork['backup']['result']>>;
}

export function startBackupServer(): BackupServer {
  const main = fileURLToPath(new URL('./serve-backups.ts', import.meta.url));
  const child = spawn(process.execPath, [...nodeFlags, main], {
    env: { ...nodeEnvironment, ...process.env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async backUp(of) {
      child.stdin.write(`${JSON.stringify(of)}\n`);
      const { value, done } = await lines.next();
      if (done === true) throw new Error('the process that takes backups ended');
      return JSON.parse(value);
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await exited;
    },
  };
}
