import { execFile, type ExecFileException } from 'node:child_process';
import { basename } from 'node:path';

export interface RunProcessOptions {
  readonly signal: AbortSignal;
  /** Milliseconds after which the process is killed. */
  readonly timeoutMs: number;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/** Ends of what a process said, at most this many characters of it. */
const shown = 600;

/**
 * Runs a program to its end and resolves with what it wrote to its standard output. Rejects where it cannot be started, ends
 * with another code than 0 (the message has the end of what it said) or outlives its time; on cancellation with `signal.reason`.
 * The program is not running any more in each of these cases.
 */
export function runProcess(command: string, args: readonly string[], options: RunProcessOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    if (options.signal.aborted) {
      reject(asError(options.signal.reason));
      return;
    }
    const child = execFile(
      command,
      args,
      {
        encoding: 'utf8',
        timeout: options.timeoutMs,
        killSignal: 'SIGKILL',
        maxBuffer: 16 * 1024 * 1024,
        ...(options.env && { env: options.env }),
        ...(options.cwd !== undefined && { cwd: options.cwd }),
      },
      (error, stdout, stderr) => {
        options.signal.removeEventListener('abort', kill);
        if (options.signal.aborted) reject(asError(options.signal.reason));
        else if (error)
          reject(new Error(`${basename(command)} ${explain(error, stdout, stderr, options.timeoutMs)}`, { cause: error }));
        else resolve(stdout);
      },
    );
    const kill = (): void => void child.kill('SIGKILL');
    options.signal.addEventListener('abort', kill, { once: true });
  });
}

function explain(error: ExecFileException, stdout: string, stderr: string, timeoutMs: number): string {
  if (error.code === 'ENOENT') return 'is not installed';
  if (error.code === 'EACCES') return 'may not be executed';
  if (error.killed === true) return `was stopped after ${timeoutMs} ms`;
  const said = (stderr.trim() || stdout.trim()).slice(-shown);
  return `failed (${error.code ?? 'killed'})${said === '' ? '' : `: ${said}`}`;
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
