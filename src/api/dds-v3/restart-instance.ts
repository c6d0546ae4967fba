import { Type } from 'typebox';
import { LarderError } from '../../core/errors.ts';
import { isObject } from '../../core/instance-rules.ts';
import type { Operation } from '../context.ts';
import { callerOf } from '../principal.ts';
import { acceptedJob, instanceParams } from './instance-call.ts';

const schema = {
  operationId: 'restartInstance',
  summary: 'Restart the servers of an instance, one after the other',
  tags: ['dds'],
  params: instanceParams,
  // Clients send nothing, an empty object, or the fields with null.
  body: Type.Unsafe<unknown>({
    description: '{target_type: null, target_id: the id of the instance}; may be left out',
  }),
  response: acceptedJob,
} as const;

/** `POST /v3/{project_id}/instances/{instance_id}/restart` */
export const restartInstance: Operation = (server, { instances }) => {
  server.post(
    '/v3/:project_id/instances/:instance_id/restart',
    { schema, config: { access: 'project' } },
    async (request, reply) => {
      const { instance_id: instanceId } = request.params;
      const { target_type: type = null, target_id: target = null } = isObject(request.body) ? request.body : {};
      if (type !== null && type !== '') throw new LarderError('invalid-node-type', 'Only a whole instance can be restarted.');
      if (target !== null && target !== '' && target !== instanceId) {
        throw new LarderError('node-not-found', 'target_id must be the id of the instance.');
      }
      const { jobId } = await instances.change(callerOf(request), instanceId, { what: 'restart' });
      return reply.code(202).send({ job_id: jobId });
    },
  );
};
