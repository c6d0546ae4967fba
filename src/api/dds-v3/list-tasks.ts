import { Type, type Static } from 'typebox';
import { LarderError } from '../../core/errors.ts';
import type { Job } from '../../engine/use-cases.ts';
import type { Operation } from '../context.ts';
import { ddsErrors, jobId, oneOf, pageFields, pageOf, projectParams, text } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { formatOffsetTime } from '../times.ts';
import { progressText } from './job-json.ts';
import { readPeriod, timeField } from './period.ts';

const longestDays = 30;

const taskSchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  instance_id: Type.String(),
  instance_name: Type.String(),
  status: Type.Union([Type.Literal('Running'), Type.Literal('Completed'), Type.Literal('Failed')]),
  progress: Type.String({ pattern: '^(\\d{1,2}%)?$' }),
  fail_reason: Type.Union([Type.String(), Type.Null()]),
  created_at: Type.String({ pattern: '\\+0000$' }),
  ended_at: Type.String({ pattern: '^$|\\+0000$', description: 'Empty while the job runs' }),
});

const schema = {
  operationId: 'listTasks',
  summary: 'List jobs, newest first',
  tags: ['dds'],
  params: projectParams,
  querystring: Type.Object({
    start_time: Type.Optional(timeField),
    end_time: Type.Optional(timeField),
    status: Type.Optional(oneOf(['Running', 'Completed', 'Failed'])),
    id: Type.Optional(jobId),
    name: Type.Optional(text),
    ...pageFields,
    marker: Type.Optional(text),
  }),
  response: { 200: Type.Object({ jobs: Type.Array(taskSchema), total_count: Type.Integer() }), ...ddsErrors },
} as const;

/** `GET /v3.1/{project_id}/jobs`; an unknown id is an empty list. */
export const listTasks: Operation = (server, { useCases }) => {
  server.get('/v3.1/:project_id/jobs', { schema, config: { access: 'project' } }, async (request) => {
    const { query } = request;
    const period = readPeriod(query.start_time, query.end_time, ['start_time', 'end_time']);
    if ('end' in period && period.end.getTime() - period.begin.getTime() > longestDays * 86_400_000 + 999) {
      throw new LarderError('invalid-date', `start_time and end_time may be at most ${longestDays} days apart.`);
    }
    const { rows, total } = await useCases.listJobs(callerOf(request), {
      ...pageOf(query),
      ...(query.marker === undefined ? {} : { marker: query.marker }),
      ...(query.id === undefined ? {} : { id: query.id }),
      ...(query.name === undefined ? {} : { name: query.name }),
      ...(query.status === undefined ? {} : { status: query.status }),
      ...period,
    });
    return { jobs: rows.map(taskJson), total_count: total };
  });
};

function taskJson(job: Job): Static<typeof taskSchema> {
  return {
    id: job.id,
    name: job.name,
    instance_id: job.instanceId,
    instance_name: job.instanceName,
    status: job.status,
    progress: progressText(job),
    fail_reason: job.failReason,
    created_at: formatOffsetTime(job.created),
    ended_at: job.ended === null ? '' : formatOffsetTime(job.ended),
  };
}
