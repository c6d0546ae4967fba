import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { ddsErrors, instanceId, projectParams } from '../fields.ts';
import { callerOf } from '../principal.ts';

const schema = {
  operationId: 'deleteInstance',
  summary: 'Delete an instance and its automated backups; its servers are not touched',
  tags: ['dds'],
  params: Type.Object({ ...projectParams.properties, instance_id: instanceId }),
  response: { 202: Type.Object({ job_id: Type.String() }), ...ddsErrors },
} as const;

/** `DELETE /v3/{project_id}/instances/{instance_id}` */
export const deleteInstance: Operation = (server, { useCases }) => {
  server.delete('/v3/:project_id/instances/:instance_id', { schema, config: { access: 'project' } }, async (request, reply) => {
    const { jobId } = await useCases.deleteInstance(callerOf(request), request.params.instance_id);
    return reply.code(202).send({ job_id: jobId });
  });
};
