import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { instanceName } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { emptyAnswer, instanceParams } from './instance-call.ts';

const schema = {
  operationId: 'modifyInstanceName',
  summary: 'Rename an instance; its backups keep the name it had',
  tags: ['dds'],
  params: instanceParams,
  body: Type.Object({ new_instance_name: instanceName }),
  response: emptyAnswer,
} as const;

/** `PUT /v3/{project_id}/instances/{instance_id}/modify-name` */
export const modifyName: Operation = (server, { instances }) => {
  const url = '/v3/:project_id/instances/:instance_id/modify-name';
  server.put(url, { schema, config: { access: 'project' } }, async (request) => {
    await instances.rename(callerOf(request), request.params.instance_id, request.body.new_instance_name);
    return {};
  });
};
