import { LarderError } from './errors.ts';

/** When automated backups are made and how long they live. */
export interface BackupPolicy {
  /** Days that an automated backup is kept, 1 to 732; 0: no automated backups are made. */
  readonly keepDays: number;
  /** The hour in which they begin, `19:00-20:00`, in UTC; null where none was ever given. */
  readonly startTime: string | null;
  /** The days on which they begin, 1 = Monday to 7 = Sunday: `1,2,4`. Kept as it was written. */
  readonly period: string;
}

/** What a caller asks for; what is absent, null or '' was not given. */
export interface PolicyRequest {
  /** A number, or its digits. */
  readonly keepDays: number | string;
  readonly startTime?: string | null;
  readonly period?: string | null;
  /** Whether the oplog is to be archived besides. It follows from the policy, so all that can be asked for is what holds anyway. */
  readonly incremental?: boolean | null;
}

const everyDay = '1,2,3,4,5,6,7';

/** Up to so many days, a backup must be made every day. */
const shortKeepDays = 6;
const longestKeepDays = 732;

/** The policy of an instance that was never given one. */
export const noPolicy: BackupPolicy = { keepDays: 0, startTime: null, period: everyDay };

/**
 * The policy that a request makes of the one in force. What is given is checked, also while backups are switched off; then it
 * changes nothing, and what was in force comes back when they are switched on again. `invalid-keep-days`,
 * `invalid-backup-start`, `invalid-backup-end`, `invalid-backup-period`, in that order.
 */
export function changedPolicy(current: BackupPolicy, request: PolicyRequest): BackupPolicy {
  const keepDays = readKeepDays(request.keepDays);
  const startTime = request.startTime ? checkStartTime(request.startTime) : null;
  const period = request.period ? checkPeriod(request.period) : null;
  if (keepDays === 0) return { ...current, keepDays };
  if (startTime === null) throw new LarderError('invalid-backup-start', 'start_time is needed while keep_days is not 0.');
  const mustBeDaily = keepDays <= shortKeepDays;
  if (period !== null && mustBeDaily && daysOf(period).size < 7) {
    throw new LarderError('invalid-backup-period', 'period must name all seven days where keep_days is 1 to 6.');
  }
  return { keepDays, startTime, period: period ?? (mustBeDaily ? everyDay : current.period) };
}

/** Whether the oplog of an instance with this policy is archived. A single server has none. */
export function archivesUnder(policy: BackupPolicy, mode: string, archivesOplog: boolean): boolean {
  return archivesOplog && policy.keepDays > 0 && mode === 'ReplicaSet';
}

/** `unsupported-operation` where a policy that is on asks for an archive that there will not be, or for none where there will be. */
export function checkIncremental({ incremental = null }: PolicyRequest, policy: BackupPolicy, archived: boolean): void {
  if (incremental === null || policy.keepDays === 0 || incremental === archived) return;
  throw new LarderError(
    'unsupported-operation',
    archived
      ? 'The oplog of a replica set is archived as long as its policy is on; LARDER_ARCHIVE_SECONDS=0 ends it for the whole server.'
      : 'The oplog of this instance is not archived: it is no replica set, or LARDER_ARCHIVE_SECONDS is 0.',
  );
}

/** True where both say the same. */
export function samePolicy(a: BackupPolicy, b: BackupPolicy): boolean {
  return a.keepDays === b.keepDays && a.startTime === b.startTime && a.period === b.period;
}

/** The days of a period, 1 = Monday to 7 = Sunday. */
export function daysOf(period: string): ReadonlySet<number> {
  return new Set(period.split(',').map(Number));
}

function readKeepDays(value: number | string): number {
  const days = typeof value === 'number' ? value : /^\d{1,3}$/.test(value) ? Number(value) : Number.NaN;
  if (!Number.isInteger(days) || days < 0 || days > longestKeepDays) {
    throw new LarderError('invalid-keep-days', `keep_days must be a whole number from 0 to ${longestKeepDays}.`);
  }
  return days;
}

const quarters = '(?:00|15|30|45)';
const clockTime = `(?:[01]\\d|2[0-3]):${quarters}`;
const startPattern = new RegExp(`^${clockTime}(?:-|$)`);
const windowPattern = new RegExp(`^(${clockTime})-(${clockTime})$`);

/** True for an hour in the form of `start_time`. */
export function isHourWindow(text: string): boolean {
  const [, start, end] = windowPattern.exec(text) ?? [];
  return start !== undefined && end === oneHourAfter(start);
}

function checkStartTime(text: string): string {
  if (!startPattern.test(text)) {
    throw new LarderError(
      'invalid-backup-start',
      'start_time must be an hour in UTC like 19:00-20:00, and begin at minute 00, 15, 30 or 45.',
    );
  }
  if (!isHourWindow(text)) {
    throw new LarderError('invalid-backup-end', 'start_time must end one hour after it begins, like 19:00-20:00 or 23:15-00:15.');
  }
  return text;
}

function oneHourAfter(time: string): string {
  const hour = (Number(time.slice(0, 2)) + 1) % 24;
  return `${String(hour).padStart(2, '0')}${time.slice(2)}`;
}

function checkPeriod(text: string): string {
  if (!/^[1-7](?:,[1-7]){0,6}$/.test(text) || daysOf(text).size !== text.split(',').length) {
    throw new LarderError(
      'invalid-backup-period',
      'period must be different digits from 1 to 7 with commas between, like 1,2,4.',
    );
  }
  return text;
}
