import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { ddsErrors, jobId, projectParams } from '../fields.ts';
import { callerOf } from '../principal.ts';

const schema = {
  operationId: 'cancelJob',
  summary: 'End a running job; it is Failed within two seconds',
  tags: ['larder'],
  params: Type.Object({ ...projectParams.properties, job_id: jobId }),
  response: { 202: Type.Object({ job_id: Type.String() }), ...ddsErrors },
} as const;

/** `POST /larder/v1/{project_id}/jobs/{job_id}/cancel` */
export const cancelJob: Operation = (server, { useCases }) => {
  server.post('/larder/v1/:project_id/jobs/:job_id/cancel', { schema, config: { access: 'project' } }, async (request, reply) => {
    await useCases.cancelJob(callerOf(request), request.params.job_id);
    return reply.code(202).send({ job_id: request.params.job_id });
  });
};
