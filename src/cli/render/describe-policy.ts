import type { WirePolicyState } from '../wire.ts';
import { formatFields, formatTable } from './format-table.ts';
import { formatTime } from './format-time.ts';

const dayNames = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** `larder policy show` for people: the policy, the next window, and what came of the last ones. */
export function describePolicy(state: WirePolicyState): string {
  const off = state.keep_days === 0;
  const fields = formatFields([
    ['Automated backups', off ? 'off' : 'on'],
    ['Kept for', off ? null : `${state.keep_days} ${state.keep_days === 1 ? 'day' : 'days'}`],
    ['Window', off ? null : `${state.start_time} UTC`],
    ['Days', off ? null : daysText(state.period)],
    ['Archived oplog', off ? null : state.incremental ? 'yes' : 'no'],
    ['Next window', state.next_window === null ? null : formatTime(state.next_window)],
    ['First backup', state.first_backup_due ? 'begins as soon as the instance is idle' : null],
    ['Trouble', state.trouble],
  ]);
  if (state.windows.length === 0) return fields;
  const columns = [{ title: 'WINDOW' }, { title: 'OUTCOME' }, { title: 'BACKUP OR REASON' }];
  const rows = state.windows.map(({ start, outcome, backup_id: backupId, reason }) => [
    formatTime(start),
    outcome,
    backupId ?? reason ?? '',
  ]);
  return `${fields}\n\n${formatTable(columns, rows)}`;
}

function daysText(period: string): string {
  const days = period.split(',').map((digit) => dayNames[Number(digit) - 1] ?? digit);
  return days.length === dayNames.length ? 'every day' : days.join(', ');
}
