import type { Clock } from '../lib/clock.ts';
import type { LocalRepository } from './local-repository.ts';

/** Where a command writes: a stream of the process, or a string in a test. */
export interface Output {
  /** Answers false where it is better to wait for `drain` before the next. */
  write(text: string | Uint8Array): unknown;
  once?(event: 'drain' | 'close', listener: () => void): unknown;
  readonly isTTY?: boolean | undefined;
  /** Width of the terminal in characters. */
  readonly columns?: number | undefined;
}

/** Where a command reads: connection strings given as `-`, and answers to questions. */
export interface Input extends AsyncIterable<string | Uint8Array> {
  readonly isTTY?: boolean | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Starts the server and resolves once it has stopped. Given from outside, because only the program's entry knows the server. */
export type Serve = (options: { readonly env: Environment; readonly folder: string; readonly stdout: Output }) => Promise<void>;

/** All that a command knows of the process it runs in. */
export interface CommandIo {
  readonly env: Environment;
  /** The working directory: where `larder.yaml` is looked for. */
  readonly folder: string;
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly clock: Clock;
  /** Of this program. */
  readonly version: string;
  /** Aborted on SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  readonly serve: Serve;
  readonly repository: LocalRepository;
}
