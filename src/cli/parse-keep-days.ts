import { CommandError } from './command-error.ts';
import { exitCodes } from './exit-codes.ts';

/** `7` as a number. Throws CommandError `invalid-keep-days` for what is no number of days; how many may be is the server's rule. */
export function parseKeepDays(text: string): number {
  if (!/^\d{1,6}$/.test(text.trim())) {
    throw new CommandError('invalid-keep-days', exitCodes.usage, `"${text}" is not a number of days: give 0 to 732.`);
  }
  return Number(text);
}
