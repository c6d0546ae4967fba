import { spawn, type ChildProcess } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../src/lib/free-port.ts';
import { waitUntil } from '../../src/lib/wait-until.ts';
import { nodeEnvironment, nodeFlags } from '../node-options.mjs';
import { endWithParent } from '../../src/provider/end-with-parent.ts';

const entry = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
/** The embedded catalog is made at the first start, which takes some seconds on a slow machine. */
const startTimeoutMs = 60_000;
const stopTimeoutMs = 20_000;

export interface LarderProcessOptions {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Leaves the server running when this process ends. */
  readonly outlivesParent: boolean;
}

/** A Larder server of its own, as `npm start` would start it. */
export interface LarderProcess {
  readonly endpoint: string;
  readonly dataFolder: string;
  readonly pid: number;
  /** Highest resident memory so far in bytes; null where the system does not tell. */
  peakMemory(): Promise<number | null>;
  /** Asks it to end, waits, and kills it where it takes longer than 20 seconds. Harmless where it has ended. */
  stop(): Promise<void>;
}

/**
 * Starts `src/main.ts` on a free loopback port with a fresh data folder and resolves once its health answers. Rejects with the
 * end of its log where it does not, and then nothing is left running.
 */
export async function startLarder(options: LarderProcessOptions): Promise<LarderProcess> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const dataFolder = join(options.folder, 'data');
  const logFile = join(options.folder, 'larder.log');
  const log = await open(logFile, 'a');
  const child = spawn(process.execPath, [...nodeFlags, entry], {
    // Settings of the person who runs this must not leak in; the rest of the environment may be needed.
    env: {
      ...nodeEnvironment,
      ...withoutSettings(options.env),
      LARDER_HOST: '127.0.0.1',
      LARDER_PORT: String(port),
      LARDER_DATA_DIR: dataFolder,
    },
    cwd: options.folder,
    stdio: ['ignore', log.fd, log.fd],
    // An interrupt typed at the terminal is for this process, which then stops the server in order.
    detached: true,
  });
  await log.close();
  child.unref();
  const release = options.outlivesParent ? null : endWithParent(child.pid ?? 0);
  child.once('exit', () => release?.());
  try {
    const health = async (signal: AbortSignal): Promise<boolean> =>
      !isRunning(child) || (await fetch(`${endpoint}/larder/v1/health`, { signal })).ok;
    await waitUntil(health, { timeoutMs: startTimeoutMs, signal: options.signal, what: 'the Larder server' });
    if (!isRunning(child)) throw new Error('it ended at once');
  } catch (error) {
    await end(child);
    options.signal.throwIfAborted();
    const said = (await readFile(logFile, 'utf8')).trim().slice(-1_500);
    throw new Error(
      `The Larder server did not start (${error instanceof Error ? error.message : String(error)}). It said:\n${said}`,
      { cause: error },
    );
  }
  return {
    endpoint,
    dataFolder,
    pid: child.pid ?? 0,
    peakMemory: () => peakMemory(child.pid ?? 0),
    stop: () => end(child),
  };
}

function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('LARDER_')));
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

async function end(child: ChildProcess): Promise<void> {
  if (!isRunning(child)) return;
  child.kill('SIGTERM');
  const ended = (): boolean => !isRunning(child);
  await waitUntil(ended, { timeoutMs: stopTimeoutMs }).catch(() => child.kill('SIGKILL'));
  await waitUntil(ended, { timeoutMs: stopTimeoutMs, what: 'the Larder server to end' });
}

async function peakMemory(pid: number): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
  return kilobytes === undefined ? null : Number(kilobytes) * 1024;
}
