import { CommandError } from './command-error.ts';
import { exitCodes } from './exit-codes.ts';

/** A number of days as it was typed; which numbers are allowed is checked by the server. */
export function parseDays(option: string, text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new CommandError('usage', exitCodes.usage, `${option} must be a whole number of days.`);
}
