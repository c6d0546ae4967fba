import { Type, type Static } from 'typebox';
import type { Job } from '../../engine/use-cases.ts';
import { formatOffsetTime } from '../times.ts';

export const jobSchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  status: Type.Union([Type.Literal('Running'), Type.Literal('Completed'), Type.Literal('Failed')]),
  created: Type.String({ pattern: '\\+0000$' }),
  ended: Type.String({ pattern: '^$|\\+0000$', description: 'Empty while the job runs' }),
  progress: Type.String({ pattern: '^(\\d{1,2}%)?$', description: 'Like 60% while the job runs, then empty' }),
  instance: Type.Object({ id: Type.String(), name: Type.String() }),
  fail_reason: Type.Union([Type.String(), Type.Null()]),
});

/** A job as DDS shows it. */
export function jobJson(job: Job): Static<typeof jobSchema> {
  return {
    id: job.id,
    name: job.name,
    status: job.status,
    created: formatOffsetTime(job.created),
    ended: job.ended === null ? '' : formatOffsetTime(job.ended),
    progress: progressText(job),
    instance: { id: job.instanceId, name: job.instanceName },
    fail_reason: job.status === 'Failed' ? (job.failReason ?? 'The reason is not known.') : null,
  };
}

/** Like `60%` while the job runs, never 100: then it would be over. */
export function progressText({ status, progress }: Pick<Job, 'status' | 'progress'>): string {
  return status === 'Running' ? `${Math.min(99, Math.floor(100 * (progress?.share ?? 0)))}%` : '';
}
