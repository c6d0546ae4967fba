import type { WireJob } from '../wire.ts';
import { formatFields } from './format-table.ts';
import { formatTime } from './format-time.ts';
import { progressLine } from './plain.ts';

/** `larder job show` for people. */
export function describeJob(job: WireJob): string {
  return formatFields([
    ['Job', job.id],
    ['Kind', job.name],
    ['Status', job.status],
    ['Reason', job.fail_reason],
    ['Instance', `${job.instance_name} (${job.instance_id})`],
    ['Backup', job.backup_id],
    ['Created', formatTime(job.created)],
    ['Ended', job.ended === null ? null : formatTime(job.ended)],
    ['Progress', job.status === 'Running' && job.progress !== null ? progressLine(job.progress) : null],
  ]);
}
