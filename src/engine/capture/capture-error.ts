import { LarderError } from '../../core/errors.ts';
import { translateMongoError } from '../../mongo/connect.ts';

/** What a backup ends with that was thrown somewhere within it. */
export function captureError(error: unknown, signal: AbortSignal): LarderError {
  if (signal.aborted) return new LarderError('cancelled', 'The backup was cancelled.', { cause: error });
  return translateMongoError(error, 'capture-failed', 'The backup could not be taken');
}
