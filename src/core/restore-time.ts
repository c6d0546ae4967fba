/**
 * The moment that so many milliseconds after 1970 mean, as restore times are written: a number, or its digits. null if it is anything
 * else, or nothing.
 */
export function parseRestoreTime(value: unknown): Date | null {
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  return /^\d{1,14}$/.test(String(value)) ? new Date(Number(value)) : null;
}
