import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LarderError } from '../core/errors.ts';
import { waitUntil } from '../lib/wait-until.ts';
import { askHello } from './ask-hello.ts';
import { isPortFree } from './choose-ports.ts';
import { endWithParent } from './end-with-parent.ts';
import type { MongodBinary } from './mongod-binary.ts';
import { portHolder } from './port-holder.ts';

/** A server known by its folder, not by a handle: whoever comes later finds it there, also after Larder was started anew. */
export interface DurableMongod {
  /** Of this server alone: `data/`, `mongod.log` and `mongod.pid` are in it. */
  readonly folder: string;
  readonly port: number;
}

export interface LaunchOptions {
  readonly mongod: MongodBinary;
  /** Address it listens on besides 127.0.0.1. */
  readonly host: string;
  /** Beside those for port, address, data and log. */
  readonly arguments: readonly string[];
  /** It speaks TLS, and this authority vouches for it; null: it does not. */
  readonly tlsCaFile: string | null;
  /** How long to wait for the port where somebody else has it, milliseconds. */
  readonly portPatienceMs: number;
  /** It does not outlive this process. */
  readonly endsWithParent: boolean;
  readonly signal: AbortSignal;
}

/** A big data set takes its time to recover after a crash. */
const startTimeoutMs = 300_000;
/** After this a stop becomes a kill. */
const stopTimeoutMs = 30_000;

/** The log of the server in a folder, as it is written now. */
export const logFileOf = (folder: string): string => join(folder, 'mongod.log');

/** The server's process if it runs, else null. A process that merely has the same number now is told apart by its arguments. */
export async function runningPid(folder: string): Promise<number | null> {
  const text = await readFile(join(folder, 'mongod.pid'), 'utf8').catch(() => '');
  const pid = Number(text.trim());
  if (!Number.isInteger(pid) || pid <= 0 || !isAlive(pid)) return null;
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => null);
  if (commandLine === null) return process.platform === 'linux' ? null : pid;
  return commandLine.split('\0').includes(join(folder, 'data')) ? pid : null;
}

/**
 * Starts the server unless it runs, and resolves once it answers. `mongod-unavailable` with the end of its log where it does not, or with who has
 * its port; then it does not run, and nothing of it was changed.
 */
export async function startDurable(server: DurableMongod, options: LaunchOptions): Promise<void> {
  const { folder, port } = server;
  const { signal, tlsCaFile } = options;
  signal.throwIfAborted();
  const answers = (): Promise<unknown> => askHello(port, tlsCaFile);
  if ((await runningPid(folder)) === null) {
    await waitForPort(port, options);
    await launch(server, options);
  }
  try {
    await waitUntil(async () => (await runningPid(folder)) === null || (await answers()), {
      timeoutMs: startTimeoutMs,
      signal,
      what: `mongod on port ${port}`,
    });
  } catch (error) {
    await stopDurable(folder, { kill: true });
    signal.throwIfAborted();
    throw await failure(server, options, 'does not answer', error);
  }
  if ((await runningPid(folder)) === null) throw await failure(server, options, 'ended at once');
}

/** Asks the server to end and waits until it has; kills it at once if told so, else after 30 seconds. Harmless where it does not run. */
export async function stopDurable(folder: string, options: { readonly kill?: boolean } = {}): Promise<void> {
  const pid = await runningPid(folder);
  if (pid === null) return;
  signalProcess(pid, options.kill === true ? 'SIGKILL' : 'SIGTERM');
  const gone = { timeoutMs: stopTimeoutMs, what: `the end of mongod ${pid}` };
  await waitUntil(() => !isAlive(pid), gone).catch(async () => {
    signalProcess(pid, 'SIGKILL');
    await waitUntil(() => !isAlive(pid), gone);
  });
}

/** A server that cannot have its port would end at once, and its log would not say who has it. */
async function waitForPort(port: number, { host, portPatienceMs, signal }: LaunchOptions): Promise<void> {
  if (await isPortFree(port, host)) return;
  const free = { timeoutMs: portPatienceMs, signal, what: `port ${port}` };
  await waitUntil(() => isPortFree(port, host), free).catch(async (cause: unknown) => {
    signal.throwIfAborted();
    const message = `Port ${port} is in use by ${await portHolder(port)}: the server does not start until it is free.`;
    throw new LarderError('mongod-unavailable', message, { cause });
  });
}

async function launch({ folder, port }: DurableMongod, options: LaunchOptions): Promise<void> {
  const { mongod, host } = options;
  await mkdir(join(folder, 'data'), { recursive: true });
  const addresses = [...new Set(['127.0.0.1', host])].join(',');
  const place = ['--port', String(port), '--bind_ip', addresses, '--nounixsocket', '--dbpath', join(folder, 'data')];
  const files = ['--logpath', logFileOf(folder), '--logappend', '--pidfilepath', join(folder, 'mongod.pid')];
  const output = await open(join(folder, 'mongod.out'), 'a');
  try {
    const child = spawn(
      mongod.path,
      [...place, ...files, '--setParameter', 'diagnosticDataCollectionEnabled=false', ...options.arguments],
      {
        stdio: ['ignore', output.fd, output.fd],
        detached: true,
        ...(mongod.libraryFolder !== undefined && { env: { LD_LIBRARY_PATH: mongod.libraryFolder } }),
      },
    );
    const ended = once(child, 'exit').then(() => 'ended' as const);
    const failed = once(child, 'error').then(([error]) => error as Error);
    const spawned = once(child, 'spawn').then(() => null);
    const error = await Promise.race([spawned, failed]);
    if (error !== null) throw await failure({ folder, port }, options, `could not be started (${error.message})`);
    child.unref();
    const release = options.endsWithParent ? endWithParent(child.pid ?? 0) : null;
    child.once('exit', () => release?.());
    // Its own note of its number tells that it has begun; a server that ends before that has said why.
    const noted = waitUntil(async () => (await runningPid(folder)) !== null, {
      timeoutMs: 30_000,
      signal: options.signal,
      intervalMs: 20,
      what: 'mongod.pid',
    }).then(() => null);
    if ((await Promise.race([noted, ended])) === 'ended') throw await failure({ folder, port }, options, 'ended at once');
  } finally {
    await output.close();
  }
}

async function failure(
  { folder }: DurableMongod,
  { mongod }: LaunchOptions,
  what: string,
  cause?: unknown,
): Promise<LarderError> {
  const log = await readFile(logFileOf(folder), 'utf8').catch(() => '');
  const errors = log.split('\n').filter((line) => /"s":"[EF]"/.test(line));
  const out = await readFile(join(folder, 'mongod.out'), 'utf8').catch(() => '');
  const said = (errors.slice(-3).join(' ') || out.trim() || log.trim()).slice(-800) || 'it said nothing';
  return new LarderError('mongod-unavailable', `mongod ${mongod.version} ${what}: ${said}`, { cause });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Harmless where the process is gone. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
