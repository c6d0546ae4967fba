import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LarderError } from '../core/errors.ts';
import { freePort } from '../lib/free-port.ts';
import { waitUntil } from '../lib/wait-until.ts';
import { askHello } from './ask-hello.ts';
import { endWithParent } from './end-with-parent.ts';
import type { MongodBinary } from './mongod-binary.ts';

/** The exit code of a mongod that found its port taken. */
const addressInUse = 48;
const portAttempts = 5;
const startTimeoutMs = 60_000;
/** After this a stop becomes a kill. A primary waits up to 15 s for its secondaries before it goes. */
const stopTimeoutMs = 20_000;

export interface MongodProcessOptions {
  readonly mongod: MongodBinary;
  /** Of this server alone: `data/` and `mongod.log` are made in it. */
  readonly folder: string;
  /** Beside those for port, address, data and log. */
  readonly arguments: readonly string[];
  readonly signal: AbortSignal;
  /** Leaves the server running when this process ends. */
  readonly outlivesParent?: boolean;
}

/** One running server, on a loopback port that stays the same when it is restarted. */
export class MongodProcess {
  readonly host = '127.0.0.1';
  readonly port: number;
  readonly #options: MongodProcessOptions;
  #child: ChildProcess | null = null;

  private constructor(options: MongodProcessOptions, port: number) {
    this.#options = options;
    this.port = port;
  }

  /** Starts a server on a free port and resolves once it answers. `mongod-unavailable` with the end of its log where it does not. */
  static async start(options: MongodProcessOptions): Promise<MongodProcess> {
    await mkdir(join(options.folder, 'data'), { recursive: true });
    for (let attempt = 1; ; attempt += 1) {
      const server = new MongodProcess(options, await freePort());
      const code = await server.#launch();
      if (code === null) return server;
      if (code !== addressInUse || attempt === portAttempts) throw await server.#failure(`ended with code ${code}`);
    }
  }

  /** null while it does not run. */
  get pid(): number | null {
    return this.#isRunning() ? (this.#child?.pid ?? null) : null;
  }

  /** Where its data lies. */
  get dataFolder(): string {
    return join(this.#options.folder, 'data');
  }

  /** Asks it to end, waits, and kills it where it takes longer than 20 seconds. Harmless where it has ended. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** Sends the signal and waits until the process is gone; a gentle signal is followed by SIGKILL after 20 seconds. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.#end(signal);
  }

  /** Stops it if it runs, starts it again on the same data and port, and resolves once it answers. */
  async restart(): Promise<void> {
    await this.stop();
    const code = await this.#launch();
    if (code !== null) throw await this.#failure(`ended with code ${code}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #isRunning(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** null once the server answers, or the code it ended with before that. */
  async #launch(): Promise<number | null> {
    const { mongod, folder, signal, outlivesParent } = this.#options;
    signal.throwIfAborted();
    const output = await open(join(folder, 'mongod.out'), 'a');
    let child: ChildProcess;
    try {
      child = spawn(mongod.path, this.#arguments(), {
        stdio: ['ignore', output.fd, output.fd],
        // An interrupt typed at the terminal is for this process, which then stops its servers in order.
        detached: true,
        ...(mongod.libraryFolder !== undefined && { env: { LD_LIBRARY_PATH: mongod.libraryFolder } }),
      });
      const failed = once(child, 'error').then(([error]) => error as Error);
      const spawned = once(child, 'spawn').then(() => null);
      const error = await Promise.race([spawned, failed]);
      if (error !== null) throw await this.#failure(`could not be started (${error.message})`);
    } finally {
      await output.close();
    }
    child.unref();
    this.#child = child;
    const release = outlivesParent === true ? null : endWithParent(child.pid ?? 0);
    child.once('exit', () => release?.());
    try {
      await waitUntil(async () => !this.#isRunning() || (await askHello(this.port)), {
        timeoutMs: startTimeoutMs,
        signal,
        what: `mongod on port ${this.port}`,
      });
    } catch (error) {
      await this.kill();
      signal.throwIfAborted();
      throw await this.#failure('does not answer', error);
    }
    return this.#isRunning() ? null : (child.exitCode ?? -1);
  }

  #arguments(): string[] {
    const { folder, arguments: more } = this.#options;
    const own = ['--port', String(this.port), '--bind_ip', this.host, '--nounixsocket', '--dbpath', this.dataFolder];
    const log = ['--logpath', join(folder, 'mongod.log'), '--logappend'];
    // Diagnostic data is for support engineers; it costs a write every second.
    return [...own, ...log, '--setParameter', 'diagnosticDataCollectionEnabled=false', ...more];
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === null || !this.#isRunning()) return;
    child.ref();
    const ended = once(child, 'exit');
    child.kill(signal);
    const escalation = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
    try {
      await ended;
    } finally {
      clearTimeout(escalation);
    }
  }

  async #failure(what: string, cause?: unknown): Promise<LarderError> {
    const { folder, mongod } = this.#options;
    const tails = await Promise.all([tail(join(folder, 'mongod.out')), tail(join(folder, 'mongod.log'))]);
    const said = tails.find((text) => text !== '') ?? 'it said nothing';
    return new LarderError('mongod-unavailable', `mongod ${mongod.version} ${what}: ${said}`, { cause });
  }
}

async function tail(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.trim().slice(-800);
}
