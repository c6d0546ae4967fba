import { Type } from 'typebox';
import { LarderError } from '../../core/errors.ts';
import { readWhole } from '../../core/instance-rules.ts';
import type { Operation } from '../context.ts';
import { callerOf } from '../principal.ts';
import { acceptedJob, instanceParams, ruled } from './instance-call.ts';

const schema = {
  operationId: 'enlargeVolume',
  summary: 'Raise the storage size that is reported; the disk of the machine is what limits the servers',
  tags: ['dds'],
  params: instanceParams,
  body: Type.Object({
    volume: Type.Object({ group_id: ruled('of clusters; passed over'), size: ruled('GB, a multiple of 10, more than now') }),
  }),
  response: acceptedJob,
} as const;

/** `POST /v3/{project_id}/instances/{instance_id}/enlarge-volume` */
export const enlargeVolume: Operation = (server, { instances }) => {
  const url = '/v3/:project_id/instances/:instance_id/enlarge-volume';
  server.post(url, { schema, config: { access: 'project' } }, async (request, reply) => {
    const sizeGb = readWhole(request.body.volume.size);
    if (sizeGb === null) throw new LarderError('invalid-volume-size', 'volume.size must be a whole number of GB.');
    const { jobId } = await instances.change(callerOf(request), request.params.instance_id, { what: 'volume', sizeGb });
    return reply.code(202).send({ job_id: jobId });
  });
};
