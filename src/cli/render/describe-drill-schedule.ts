import type { WireDrillSchedule } from '../wire.ts';
import { describeProof } from './describe-instance.ts';
import { formatFields } from './format-table.ts';
import { formatTime } from './format-time.ts';

/** `larder drill schedule` for people. */
export function describeDrillSchedule({ schedule, ...state }: WireDrillSchedule): string {
  const days = (count: number): string => `${count} ${count === 1 ? 'day' : 'days'}`;
  return formatFields([
    ['Drills by themselves', schedule === null ? 'off' : `every ${days(schedule.every_days)}`],
    ['Window', schedule === null ? null : schedule.start_time === null ? 'any time' : `${schedule.start_time} UTC`],
    ['Overdue after', schedule === null ? null : days(schedule.proof_days)],
    ['Assertions', schedule === null ? null : String(schedule.assertions.length)],
    ['Last begun', state.last_begun === null ? null : formatTime(state.last_begun)],
    ['Last job', state.last_job_id],
    ['Trouble', state.trouble],
    ['Proved', describeProof(state.proof)],
  ]);
}
