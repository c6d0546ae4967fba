import { InvalidArgumentError } from 'commander';

/** A time as people write it, in ISO 8601, UTC. */
export function parseTime(value: string): string {
  const time = new Date(value);
  if (Number.isNaN(time.getTime())) throw new InvalidArgumentError('It must be a time like 2026-03-01T10:00:00Z.');
  return time.toISOString();
}
