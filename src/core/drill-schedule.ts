import { parseAssertions } from './drill-assertions.ts';
import { LarderError } from './errors.ts';
import { noPolicy, isHourWindow } from './policy.ts';
import { windowAt } from './policy-window.ts';
import { clockSlackMs } from './retention-hold.ts';

/** How often the newest backup of an instance is proved, and how old a proof may get. */
export interface DrillSchedule {
  /** Days from one drill to the next, 1 to 366. */
  readonly everyDays: number;
  /** The hour in which drills begin, `03:00-04:00`, in UTC; null: at any time. */
  readonly startTime: string | null;
  /** Days after which an instance without a newer proof is shown as overdue, 1 to 732. */
  readonly proofDays: number;
  /** What each drill asks, as `parseAssertions` takes it. */
  readonly assertions: readonly unknown[];
}

/** What a caller asks for; what is absent gets a default. */
export interface DrillScheduleRequest {
  readonly everyDays: number;
  readonly startTime?: string | null;
  readonly proofDays?: number;
  readonly assertions?: readonly unknown[];
}

const dayMs = 86_400_000;
const hourMs = 3_600_000;
const longestEvery = 366;
const longestProof = 732;
const everyDay = '1,2,3,4,5,6,7';

/** The schedule that a request means: a proof may be one day older than drills are apart, unless it says more. `invalid-drill-schedule`, `invalid-assertion`. */
export function readDrillSchedule({
  everyDays,
  startTime = null,
  proofDays,
  assertions = [],
}: DrillScheduleRequest): DrillSchedule {
  const days = (name: string, value: number, longest: number): number => {
    if (!Number.isInteger(value) || value < 1 || value > longest)
      throw invalid(`${name} must be a whole number from 1 to ${longest}.`);
    return value;
  };
  const every = days('every_days', everyDays, longestEvery);
  if (startTime !== null && !isHourWindow(startTime))
    throw invalid('start_time must be an hour in UTC like 03:00-04:00, and begin at minute 00, 15, 30 or 45.');
  const proof = days('proof_days', proofDays ?? every + 1, longestProof);
  if (proof < every) throw invalid('proof_days must not be less than every_days: each proof would be too old before the next.');
  parseAssertions(assertions);
  return { everyDays: every, startTime, proofDays: proof, assertions };
}

/** The last drill of a schedule: when it began, and whether it came to a verdict. */
export interface LastDrill {
  readonly begun: Date;
  /** False: it was cancelled, or this machine could not hold it. */
  readonly verdict: boolean;
}

/**
 * True if a drill is to begin now. One without a verdict is held again a day later. One that lies in the future says that the clock
 * was set back: then nobody knows how long ago it really was, and a drill too many costs less than one too few.
 */
export function drillIsDue(schedule: Pick<DrillSchedule, 'everyDays' | 'startTime'>, last: LastDrill | null, now: Date): boolean {
  if (schedule.startTime !== null && hourAt(schedule.startTime, now) === null) return false;
  if (last === null) return true;
  const age = now.getTime() - last.begun.getTime();
  if (age < -clockSlackMs) return true;
  // Within its hour a drill begins a little later each time; it must not wander out of it.
  const early = schedule.startTime === null ? 0 : hourMs;
  return age >= (last.verdict ? schedule.everyDays : 1) * dayMs - early;
}

/** What of the newest proof of an instance decides how it stands. */
export interface ProofFacts {
  readonly verdict: 'proved' | 'failed';
  /** When a backup of it was proved for the last time; null: never. */
  readonly provedAt: Date | null;
}

/**
 * `none`: nobody asked for proofs and there is none; `waiting`: the first drill is still to come; `overdue`: the last proof is older
 * than the schedule allows, or there is none in all that time.
 */
export type ProofState = 'none' | 'waiting' | 'proved' | 'failed' | 'overdue';

/** How an instance stands. `schedule` is null where there is none; `since` is when it was set. A proof of the future is none. */
export function proofState(
  schedule: (Pick<DrillSchedule, 'proofDays'> & { readonly since: Date }) | null,
  last: ProofFacts | null,
  now: Date,
): ProofState {
  if (last?.verdict === 'failed') return 'failed';
  if (schedule === null) return last === null ? 'none' : 'proved';
  const tooOld = (time: Date): boolean => {
    const age = now.getTime() - time.getTime();
    return age > schedule.proofDays * dayMs || age < -clockSlackMs;
  };
  if (last?.provedAt) return tooOld(last.provedAt) ? 'overdue' : 'proved';
  return tooOld(schedule.since) ? 'overdue' : 'waiting';
}

function hourAt(startTime: string, now: Date) {
  return windowAt({ ...noPolicy, keepDays: 1, startTime, period: everyDay }, now);
}

function invalid(message: string): LarderError {
  return new LarderError('invalid-drill-schedule', message);
}
