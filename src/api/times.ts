/** The time formats of the DDS API (all UTC), both ways. The only file of the API that takes dates apart. */

/** `2018-08-06 12:41:14`, of the backup list. */
export function formatBlankTime(date: Date): string {
  return date.toISOString().slice(0, 19).replace('T', ' ');
}

/** `2019-01-17T07:05:52`, of the instance list. */
export function formatPlainTime(date: Date): string {
  return date.toISOString().slice(0, 19);
}

/** `2021-07-12T09:22:04+0000`, of jobs. */
export function formatOffsetTime(date: Date): string {
  return `${date.toISOString().slice(0, 19)}+0000`;
}

/** `2030-01-01T00:00:00.000000Z`, of tokens. */
export function formatTokenTime(date: Date): string {
  return date.toISOString().replace('Z', '000Z');
}

const timePattern = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,3})\d{0,6})?(?:Z|([+\- ])(\d\d):?(\d\d))?$/;

/**
 * Reads a time in any form a client may send: with `T` or a blank, without a zone (UTC), with `Z`, `+0000`, `+00:00`, or with a
 * plus sign that form decoding turned into a blank. null if it is no such text or no time of the calendar (31 April, 25 o'clock).
 */
export function parseTime(text: string): Date | null {
  const parts = timePattern.exec(text);
  if (parts === null) return null;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const milliseconds = Number((parts[7] ?? '0').padEnd(3, '0'));
  const offsetHours = Number(parts[9] ?? '0');
  const offsetMinutes = Number(parts[10] ?? '0');
  if (hour > 23 || minute > 59 || second > 59 || offsetHours > 23 || offsetMinutes > 59) return null;
  const local = new Date(0);
  local.setUTCFullYear(year, month - 1, day);
  // A day that the month does not have would silently become one of the next month.
  if (local.getUTCMonth() !== month - 1 || local.getUTCDate() !== day) return null;
  local.setUTCHours(hour, minute, second, milliseconds);
  const sign = parts[8] === '-' ? -1 : 1;
  return new Date(local.getTime() - sign * (offsetHours * 60 + offsetMinutes) * 60_000);
}

/** Midnight, UTC, of a day like `2020-12-12`; null if it is no such text or no day of the calendar. */
export function parseDay(text: string): Date | null {
  return /^\d{4}-\d\d-\d\d$/.test(text) ? parseTime(`${text}T00:00:00`) : null;
}

/** True if the text states fractions of a second. */
export function statesFraction(text: string): boolean {
  return /:\d\d\.\d/.test(text);
}

/** The moment `milliseconds` after `date`. */
export function later(date: Date, milliseconds: number): Date {
  return new Date(date.getTime() + milliseconds);
}

const signedDatePattern = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/** Reads `20261123T093810Z`, the form of X-Sdk-Date; null if it is anything else. */
export function parseSignedDate(text: string): Date | null {
  const parts = signedDatePattern.exec(text);
  if (parts === null) return null;
  const [, year, month, day, hour, minute, second] = parts;
  return parseTime(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}
