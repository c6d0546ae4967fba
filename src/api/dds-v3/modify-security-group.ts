import { Type } from 'typebox';
import { checkUuid } from '../../core/instance-rules.ts';
import type { Operation } from '../context.ts';
import { ddsErrors } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { instanceParams, ruled } from './instance-call.ts';

const schema = {
  operationId: 'modifySecurityGroup',
  summary: 'Change the security group that is reported',
  tags: ['dds'],
  params: instanceParams,
  body: Type.Object({ security_group_id: ruled('a UUID') }),
  response: { 200: Type.Object({ job_id: Type.String(), security_group_id: Type.String() }), ...ddsErrors },
} as const;

/** `POST /v3/{project_id}/instances/{instance_id}/modify-security-group` */
export const modifySecurityGroup: Operation = (server, { instances }) => {
  const url = '/v3/:project_id/instances/:instance_id/modify-security-group';
  server.post(url, { schema, config: { access: 'project' } }, async (request) => {
    const id = checkUuid(request.body.security_group_id, 'invalid-security-group');
    const { jobId } = await instances.change(callerOf(request), request.params.instance_id, { what: 'security-group', id });
    return { job_id: jobId, security_group_id: id };
  });
};
