/** An ISO 8601 time in UTC as `2026-01-31 12:34:56 UTC`; anything else as it is. */
export function formatTime(iso: string): string {
  const [, day, time] = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.\d+)?(?:Z|[+]00:?00)$/.exec(iso) ?? [];
  return day === undefined || time === undefined ? iso : `${day} ${time} UTC`;
}
