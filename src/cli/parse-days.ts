import { usageError } from './usage-error.ts';

/** A number of days as it was typed; which numbers are allowed is checked by the server. */
export function parseDays(option: string, text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw usageError(`${option} must be a whole number of days.`);
}
