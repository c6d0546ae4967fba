import { Type } from 'typebox';
import { LarderError } from '../../core/errors.ts';
import { later, parseTime, statesFraction } from '../times.ts';

export const timeField = Type.String({
  maxLength: 64,
  description: 'a time like 2018-08-06 12:41:14, in UTC',
  'x-error': 'invalid-date',
});

/**
 * `begin_time` and `end_time` of a list, which need each other; nothing where both are absent. `invalid-date` otherwise. The end
 * holds for its whole second: lists show seconds only, and what one shows must be found by what it shows.
 */
export function readPeriod(
  begin: string | undefined,
  end: string | undefined,
): { begin: Date; end: Date } | Record<never, never> {
  if (begin === undefined && end === undefined) return {};
  if (begin === undefined || end === undefined) throw refuse('begin_time and end_time need each other.');
  const from = parseTime(begin);
  const to = parseTime(end);
  if (from === null || to === null) {
    throw refuse(`${from === null ? 'begin_time' : 'end_time'} must be a time like 2018-08-06 12:41:14, in UTC.`);
  }
  if (from > to) throw refuse('begin_time must not be later than end_time.');
  return { begin: from, end: statesFraction(end) ? to : later(to, 999) };
}

function refuse(message: string): LarderError {
  return new LarderError('invalid-date', message);
}
