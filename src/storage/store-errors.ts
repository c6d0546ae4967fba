import { LarderError } from '../core/errors.ts';

/** The object is not in the store. */
export function objectNotFound(location: string, key: string, cause?: unknown): LarderError {
  return new LarderError('object-not-found', `there is no object ${key} in ${location}`, { cause, details: { object: key } });
}

/** The object is shorter than the range that was asked for. */
export function rangeMissing(location: string, key: string, offset: number, length: number, cause?: unknown): LarderError {
  return new LarderError('object-corrupt', `object ${key} in ${location} ends before byte ${offset + length}`, {
    cause,
    details: { object: key, offset, length, reason: 'truncated' },
  });
}

/** The caller's signal was aborted. */
export function storeCancelled(cause?: unknown): LarderError {
  return new LarderError('cancelled', 'the operation was cancelled', { cause });
}

/** Throws `cancelled` if the signal is aborted already. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw storeCancelled(signal.reason);
}
