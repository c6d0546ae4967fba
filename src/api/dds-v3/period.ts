import { Type } from 'typebox';
import { LarderError } from '../../core/errors.ts';
import { later, parseTime, statesFraction } from '../times.ts';

export const timeField = Type.String({
  maxLength: 64,
  description: 'a time like 2018-08-06 12:41:14, in UTC',
  'x-error': 'invalid-date',
});

/**
 * The two times of a period in a query, which need each other; nothing where both are absent. `invalid-date` otherwise. The end
 * holds for its whole second: lists show seconds only, and what one shows must be found by what it shows.
 */
export function readPeriod(
  begin: string | undefined,
  end: string | undefined,
  [beginName, endName]: readonly [string, string] = ['begin_time', 'end_time'],
): { begin: Date; end: Date } | Record<never, never> {
  if (begin === undefined && end === undefined) return {};
  if (begin === undefined || end === undefined) throw refuse(`${beginName} and ${endName} need each other.`);
  const from = parseTime(begin);
  const to = parseTime(end);
  if (from === null || to === null) {
    throw refuse(`${from === null ? beginName : endName} must be a time like 2018-08-06 12:41:14, in UTC.`);
  }
  if (from > to) throw refuse(`${beginName} must not be later than ${endName}.`);
  return { begin: from, end: statesFraction(end) ? to : later(to, 999) };
}

function refuse(message: string): LarderError {
  return new LarderError('invalid-date', message);
}
