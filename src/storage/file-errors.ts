import { isLarderError, LarderError } from '../core/errors.ts';
import { objectNotFound, storeCancelled } from './store-errors.ts';

/** What each system error means in plain words, and whether trying again can help. */
const meanings: Readonly<Record<string, { readonly words: string; readonly retryable: boolean }>> = {
  ENOSPC: { words: 'the disk is full', retryable: false },
  EDQUOT: { words: 'the disk quota is used up', retryable: false },
  EROFS: { words: 'the file system is read-only', retryable: false },
  EACCES: { words: 'permission denied', retryable: false },
  EPERM: { words: 'permission denied', retryable: false },
  ENOTDIR: { words: 'a file stands where a folder is needed', retryable: false },
  EEXIST: { words: 'a file stands where a folder is needed', retryable: false },
  EISDIR: { words: 'a folder stands where a file is needed', retryable: false },
  EFBIG: { words: 'the file is too large for the file system', retryable: false },
  EIO: { words: 'the disk reports an input/output error', retryable: true },
  EMFILE: { words: 'too many open files', retryable: true },
  ENFILE: { words: 'too many open files', retryable: true },
  EBUSY: { words: 'the file is busy', retryable: true },
  EAGAIN: { words: 'the file is busy', retryable: true },
  ESTALE: { words: 'the network file system lost the file', retryable: true },
  ETIMEDOUT: { words: 'the network file system does not answer', retryable: true },
};

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** Translates an error of node:fs met while working on `key`. A LarderError passes as it is. */
export function translateFileError(error: unknown, location: string, key: string, signal?: AbortSignal): LarderError {
  if (isLarderError(error)) return error;
  if (signal?.aborted) return storeCancelled(error);
  const code = codeOf(error);
  if (code === 'ENOENT') return objectNotFound(location, key, error);
  const meaning = meanings[code];
  return new LarderError(
    'store-unavailable',
    `${location}: ${meaning?.words ?? `the file system fails (${code || 'unknown error'})`}`,
    {
      cause: error,
      retryable: meaning?.retryable ?? false,
      details: { object: key, system: code },
    },
  );
}

/** True if `error` is the system error `code`. */
export function isSystemError(error: unknown, code: string): boolean {
  return codeOf(error) === code;
}
