import type { Operation } from '../context.ts';
import { callerOf } from '../principal.ts';
import { acceptedJob, instanceParams } from './instance-call.ts';

const schema = {
  operationId: 'switchoverInstance',
  summary: 'Make another member of a replica set its primary',
  tags: ['dds'],
  params: instanceParams,
  response: acceptedJob,
} as const;

/** `POST /v3/{project_id}/instances/{instance_id}/switchover` */
export const switchPrimary: Operation = (server, { instances }) => {
  const url = '/v3/:project_id/instances/:instance_id/switchover';
  server.post(url, { schema, config: { access: 'project' } }, async (request, reply) => {
    const { jobId } = await instances.change(callerOf(request), request.params.instance_id, { what: 'switch-primary' });
    return reply.code(202).send({ job_id: jobId });
  });
};
