import { Type } from 'typebox';
import { LarderError } from '../../core/errors.ts';
import type { Operation } from '../context.ts';
import { text } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { acceptedJob, instanceParams, ruled } from './instance-call.ts';

const schema = {
  operationId: 'resizeInstance',
  summary: 'Change the specifications that are reported; a server has what its machine has',
  tags: ['dds'],
  params: instanceParams,
  body: Type.Object({
    resize: Type.Object({
      target_type: ruled('null: parts of a cluster are not there'),
      target_id: text,
      target_spec_code: ruled('a code of the list of flavors'),
    }),
  }),
  response: acceptedJob,
} as const;

/** `POST /v3/{project_id}/instances/{instance_id}/resize` */
export const resizeInstance: Operation = (server, { instances }) => {
  const url = '/v3/:project_id/instances/:instance_id/resize';
  server.post(url, { schema, config: { access: 'project' } }, async (request, reply) => {
    const { instance_id: instanceId } = request.params;
    const { target_id: target, target_spec_code: specCode } = request.body.resize;
    if (typeof specCode !== 'string')
      throw new LarderError('invalid-spec', 'target_spec_code must be a code of the list of flavors.');
    if (target !== instanceId) throw new LarderError('node-not-found', 'target_id must be the id of the instance.');
    const { jobId } = await instances.change(callerOf(request), instanceId, { what: 'spec', specCode });
    return reply.code(202).send({ job_id: jobId });
  });
};
