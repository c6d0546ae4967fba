import { Type } from 'typebox';
import { checkPort } from '../../core/instance-rules.ts';
import type { Operation } from '../context.ts';
import { ddsErrors } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { instanceParams, ruled } from './instance-call.ts';

const schema = {
  operationId: 'modifyPort',
  summary: 'Give an instance another port; the member that has it is restarted',
  tags: ['dds'],
  params: instanceParams,
  body: Type.Object({ port: ruled('2100 to 9500, 27017, 27018 or 27019') }),
  response: { 200: Type.Object({ job_id: Type.String(), port: Type.Integer() }), ...ddsErrors },
} as const;

/** `POST /v3/{project_id}/instances/{instance_id}/modify-port` */
export const modifyPort: Operation = (server, { instances }) => {
  const url = '/v3/:project_id/instances/:instance_id/modify-port';
  server.post(url, { schema, config: { access: 'project' } }, async (request) => {
    const port = checkPort(request.body.port);
    const { jobId } = await instances.change(callerOf(request), request.params.instance_id, { what: 'port', port });
    return { job_id: jobId, port };
  });
};
