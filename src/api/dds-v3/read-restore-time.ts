import { Type } from 'typebox';
import { LarderError } from '../../core/errors.ts';
import { parseRestoreTime } from '../../core/restore-time.ts';

/** A time in a body: clients send numbers and texts; null and the empty text are the same as none. */
export const restoreTime = Type.Optional(
  Type.Unsafe<string | number | null>({
    type: ['string', 'integer', 'null'],
    description: 'milliseconds since 1970, as a number or its digits',
  }),
);

/** A restore time as clients write it. Throws `invalid-date` where it is missing, too. */
export function readRestoreTime(value: string | number | null | undefined, name = 'restore_time'): Date {
  const time = parseRestoreTime(value);
  if (time === null) throw new LarderError('invalid-date', `${name} must be milliseconds since 1970.`);
  return time;
}
