import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { ddsErrors, jobId, projectParams } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { jobJson, jobSchema } from './job-json.ts';

const schema = {
  operationId: 'showJob',
  summary: 'Show the state of a job',
  tags: ['dds'],
  params: projectParams,
  querystring: Type.Object({ id: jobId }),
  response: { 200: Type.Object({ job: jobSchema }), ...ddsErrors },
} as const;

/** `GET /v3/{project_id}/jobs?id=` */
export const showJob: Operation = (server, { useCases }) => {
  server.get('/v3/:project_id/jobs', { schema, config: { access: 'project' } }, async (request) => {
    return { job: jobJson(await useCases.getJob(callerOf(request), request.query.id)) };
  });
};
