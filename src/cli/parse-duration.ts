import { CommandError } from './command-error.ts';
import { exitCodes } from './exit-codes.ts';

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, min: 60, h: 3600, d: 86_400 };

/** `90s`, `30m`, `48h` or `7d` in milliseconds. Throws CommandError `invalid-duration` for anything else. */
export function parseDuration(text: string): number {
  const [, digits, unit] = /^(\d{1,6})\s*(s|m|min|h|d)$/.exec(text.trim()) ?? [];
  const factor = unit === undefined ? undefined : secondsOf[unit];
  if (digits === undefined || factor === undefined) {
    throw new CommandError(
      'invalid-duration',
      exitCodes.usage,
      `"${text}" is not a duration: give a whole number and s, m, h or d, like 48h.`,
    );
  }
  return Number(digits) * factor * 1000;
}
