import { CommandError } from './command-error.ts';
import { exitCodes } from './exit-codes.ts';

/** `5%` or `100%` as a share from 0 to 1. Throws CommandError `invalid-share` for anything else. */
export function parseShare(text: string): number {
  const [, digits] = /^(\d{1,3}(?:\.\d+)?)\s*%$/.exec(text.trim()) ?? [];
  const percent = Number(digits);
  if (digits === undefined || !(percent > 0 && percent <= 100)) {
    throw new CommandError(
      'invalid-share',
      exitCodes.usage,
      `"${text}" is not a share: give more than 0% and at most 100%, like 5%.`,
    );
  }
  return percent / 100;
}
