import { Type } from 'typebox';
import { checkSslOption } from '../../core/instance-rules.ts';
import type { Operation } from '../context.ts';
import { ddsErrors } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { instanceParams, ruled } from './instance-call.ts';

const schema = {
  operationId: 'switchSsl',
  summary: 'Let the servers of an instance speak TLS only, or none; they are restarted',
  tags: ['dds'],
  params: instanceParams,
  body: Type.Object({ ssl_option: ruled('"1" for TLS or "0"') }),
  response: { 200: Type.Object({ job_id: Type.String(), ssl_option: Type.String() }), ...ddsErrors },
} as const;

/** `POST /v3/{project_id}/instances/{instance_id}/switch-ssl` */
export const switchSsl: Operation = (server, { instances }) => {
  const url = '/v3/:project_id/instances/:instance_id/switch-ssl';
  server.post(url, { schema, config: { access: 'project' } }, async (request) => {
    const on = checkSslOption(request.body.ssl_option);
    const { jobId } = await instances.change(callerOf(request), request.params.instance_id, { what: 'tls', on });
    return { job_id: jobId, ssl_option: on ? '1' : '0' };
  });
};
