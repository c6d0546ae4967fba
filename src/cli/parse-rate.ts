import { CommandError } from './command-error.ts';
import { exitCodes } from './exit-codes.ts';

/** `20`, `0.5` or `20MB/s` as megabytes a second. Throws CommandError `invalid-rate` for anything else. */
export function parseRate(text: string): number {
  const [, digits] = /^(\d{1,6}(?:\.\d{1,6})?)\s*(?:MB\/s)?$/i.exec(text.trim()) ?? [];
  const rate = Number(digits);
  if (digits === undefined || rate < 0.1 || rate > 100_000) {
    throw new CommandError(
      'invalid-rate',
      exitCodes.usage,
      `"${text}" is not a rate: give megabytes a second from 0.1 to 100000, like 20.`,
    );
  }
  return rate;
}
