import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { LarderError, type ErrorCode } from '../core/errors.ts';

/** Longer than this a server is never kept from writing; the backup then fails. Milliseconds. */
const longestLockMs = 60 * 60_000;

interface Word {
  readonly word: 'locked' | 'failed' | 'released' | 'expired' | 'lost';
  readonly code?: ErrorCode;
  readonly message?: string;
  readonly retryable?: boolean;
}

/** A server on which nobody can write. */
export interface FsyncLock extends AsyncDisposable {
  /** Aborted when the lock ended before it was given back; the reason says why. */
  readonly ended: AbortSignal;
  /** Gives it back. Throws `capture-failed` if the lock had not been there all the time. */
  release(): Promise<void>;
}

/**
 * Locks a single server against writes (`fsyncLock`) until the lock is released, disposed of, `limitMs` is over, or this process
 * is gone, however it ends: a process of its own holds it and sees that. Throws `operation-illegal` for anything but a single
 * server, `instance-unsupported` naming a missing privilege, `instance-unreachable` or `capture-failed`.
 */
export async function lockServer(uri: string, signal: AbortSignal, limitMs: number = longestLockMs): Promise<FsyncLock> {
  signal.throwIfAborted();
  const script = fileURLToPath(
    new URL(`./fsync-lock-process${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
  );
  // In a session of its own: an interrupt typed at the terminal must not take the guard away first.
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'ignore'], detached: true });
  child.stdin.on('error', () => undefined);
  const words = readWords(child);
  const end = (): void => void child.stdin.end();
  signal.addEventListener('abort', end, { once: true });
  child.stdin.write(`${JSON.stringify({ uri, limitMs })}\n`);
  const first = await words.next();
  if (first?.word !== 'locked') {
    end();
    signal.removeEventListener('abort', end);
    throw failureOf(first);
  }
  const ended = new AbortController();
  let released = false;
  const last = words.next().then((word) => {
    if (!released) ended.abort(failureOf(word));
    return word;
  });
  const release = async (): Promise<void> => {
    released = true;
    end();
    const word = await last;
    signal.removeEventListener('abort', end);
    if (word?.word !== 'released') throw failureOf(word);
  };
  return {
    ended: ended.signal,
    release,
    [Symbol.asyncDispose]: async () => {
      end();
      await last;
      signal.removeEventListener('abort', end);
    },
  };
}

/** The words of the holder, one by one; null once it is gone. */
function readWords(child: ChildProcess): { next(): Promise<Word | null> } {
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  child.on('error', () => child.stdout?.destroy());
  return {
    async next() {
      const { done, value } = await lines.next();
      return done === true ? null : (JSON.parse(value) as Word);
    },
  };
}

function failureOf(word: Word | null): LarderError {
  if (word?.word === 'failed')
    return new LarderError(word.code ?? 'capture-failed', word.message ?? '', { retryable: word.retryable ?? false });
  if (word?.word === 'expired')
    return new LarderError('capture-failed', 'The server was locked for the longest time allowed, and the backup had not ended.');
  if (word?.word === 'released') return new LarderError('cancelled', 'The lock was given back because the backup was cancelled.');
  return new LarderError('capture-failed', 'The lock of the server was lost while the backup was taken.', { retryable: true });
}
