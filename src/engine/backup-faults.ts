import { isLarderError, type ErrorCode, type LarderError } from '../core/errors.ts';

/** What says of a backup that it does not restore, wherever that is tried. */
export const backupFaults: readonly ErrorCode[] = ['image-mismatch', 'object-corrupt', 'object-not-found'];

/** True if the failure stays and is one of these. */
export function isOneOf(codes: readonly ErrorCode[], error: unknown): error is LarderError {
  return isLarderError(error) && !error.retryable && codes.includes(error.code);
}
