import { daysOf, type BackupPolicy } from './policy.ts';

/** One hour in which an automated backup begins; the end is no part of it. */
export interface PolicyWindow {
  readonly start: Date;
  readonly end: Date;
}

const dayMs = 86_400_000;
const windowMs = 3_600_000;

/** The window that `now` is in, or null. It belongs to the day it begins on, also where it ends on the next. */
export function windowAt(policy: BackupPolicy, now: Date): PolicyWindow | null {
  return windowsOf(policy, dayOf(now) - dayMs, 2).find(({ start, end }) => start <= now && now < end) ?? null;
}

/** The first window that begins after `now`, or null where no backups are made. */
export function nextWindow(policy: BackupPolicy, now: Date): PolicyWindow | null {
  return windowsOf(policy, dayOf(now), 8).find(({ start }) => start > now) ?? null;
}

/**
 * The windows that ended after `from` and not later than `to`, oldest first, and how many there were; of more than `limit` only
 * the newest are given, so that a clock that jumps by years costs nothing.
 */
export function windowsEnded(
  policy: BackupPolicy,
  span: { readonly from: Date; readonly to: Date },
  limit: number,
): { readonly windows: readonly PolicyWindow[]; readonly total: number } {
  const first = dayOf(span.from) - dayMs;
  const days = Math.floor((span.to.getTime() - first) / dayMs) + 1;
  if (days <= 0 || policy.keepDays === 0) return { windows: [], total: 0 };
  // Every seven days hold the same number, so what is not listed can still be counted.
  const weeksSkipped = Math.max(0, Math.floor((days - 7 * (limit + 2)) / 7));
  const listed = windowsOf(policy, first + weeksSkipped * 7 * dayMs, days - weeksSkipped * 7).filter(
    ({ end }) => end > span.from && end <= span.to,
  );
  const skipped = weeksSkipped === 0 ? 0 : weeksSkipped * daysOf(policy.period).size - beforeSpan(policy, first, span.from);
  return { windows: listed.slice(-limit), total: listed.length + skipped };
}

/** Windows of the first days that were over when the span began. */
function beforeSpan(policy: BackupPolicy, first: number, from: Date): number {
  return windowsOf(policy, first, 7).filter(({ end }) => end <= from).length;
}

/** The windows that begin on `days` days from midnight `first` on. */
function windowsOf({ keepDays, startTime, period }: BackupPolicy, first: number, days: number): PolicyWindow[] {
  if (keepDays === 0 || startTime === null) return [];
  const chosen = daysOf(period);
  const offset = (Number(startTime.slice(0, 2)) * 60 + Number(startTime.slice(3, 5))) * 60_000;
  const windows: PolicyWindow[] = [];
  for (let day = first; day < first + days * dayMs; day += dayMs) {
    if (!chosen.has(weekday(day))) continue;
    windows.push({ start: new Date(day + offset), end: new Date(day + offset + windowMs) });
  }
  return windows;
}

/** Midnight, UTC, of the day. */
function dayOf(time: Date): number {
  return Math.floor(time.getTime() / dayMs) * dayMs;
}

/** 1 = Monday to 7 = Sunday; 1 January 1970 was a Thursday. */
function weekday(midnight: number): number {
  return ((midnight / dayMs + 3) % 7) + 1;
}
