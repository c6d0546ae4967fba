import { LarderError } from '../../core/errors.ts';
import { parseMilliseconds } from '../times.ts';

/** The `restore_time` of a query. Throws `invalid-date` where it is missing, too. */
export function readRestoreTime(text: string | undefined): Date {
  const time = parseMilliseconds(text ?? '');
  if (time === null) throw new LarderError('invalid-date', 'restore_time must be milliseconds since 1970.');
  return time;
}
