import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { ddsErrors, jobId, projectParams } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { jobJson, jobSchema } from './job-json.ts';

const schema = {
  operationId: 'showLarderJob',
  summary: 'Show a job with its progress',
  tags: ['larder'],
  params: Type.Object({ ...projectParams.properties, job_id: jobId }),
  response: { 200: jobSchema, ...ddsErrors },
} as const;

/** `GET /larder/v1/{project_id}/jobs/{job_id}` */
export const showLarderJob: Operation = (server, { useCases }) => {
  server.get('/larder/v1/:project_id/jobs/:job_id', { schema, config: { access: 'project' } }, async (request) => {
    return jobJson(await useCases.getJob(callerOf(request), request.params.job_id));
  });
};
