import type { WireJob } from '../wire.ts';
import { formatBytes } from './format-bytes.ts';
import { formatCount } from './format-count.ts';
import { formatDuration } from './format-duration.ts';
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
    ['Restored', job.result === null ? null : describeResult(job.result)],
    ['Verdict', job.result === null ? null : describeVerdict(job.result)],
    ...(job.result?.notes ?? []).map((note): [string, string] => ['Note', note]),
    ['Progress', job.status === 'Running' && job.progress !== null ? progressLine(job.progress) : null],
  ]);
}

function describeVerdict({ replayed }: NonNullable<WireJob['result']>): string {
  if (replayed.length === 0) return 'compared with the backup: equal';
  const spans = replayed.map(({ entries, point }) => `${formatCount(entries)} entries of the oplog replayed up to ${point}`);
  return `equal to the backup, then ${spans.join('; ')}`;
}

/** `135,233 documents of 12 collections, 42.8 MiB in 3.2 s, 13.4 MiB/s` */
function describeResult({
  documents,
  collections,
  bytes,
  seconds,
  bytes_per_second: rate,
}: NonNullable<WireJob['result']>): string {
  const speed = rate === 0 ? '' : `, ${formatBytes(rate)}/s`;
  return `${formatCount(documents)} documents of ${formatCount(collections)} collections, ${formatBytes(bytes)} in ${formatDuration(seconds)}${speed}`;
}
