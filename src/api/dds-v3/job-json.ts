import { Type, type Static } from 'typebox';
import type { Job, JobProgress } from '../../engine/use-cases.ts';
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
    progress: job.status === 'Running' ? percent(job.progress) : '',
    instance: { id: job.instanceId, name: job.instanceName },
    fail_reason: job.status === 'Failed' ? (job.failReason ?? 'The reason is not known.') : null,
  };
}

/** Never 100: then the job would be over. */
function percent(progress: JobProgress | null): string {
  return `${Math.min(99, Math.floor(100 * (progress?.share ?? 0)))}%`;
}
