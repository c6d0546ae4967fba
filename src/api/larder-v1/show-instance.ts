import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { ddsErrors, instanceId, projectParams } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { instanceJson, instanceSchema } from './instance-json.ts';

const schema = {
  operationId: 'showInstance',
  summary: 'Show an instance as its servers say it is now',
  tags: ['larder'],
  params: Type.Object({ ...projectParams.properties, instance_id: instanceId }),
  response: { 200: instanceSchema, ...ddsErrors },
} as const;

/** `GET /larder/v1/{project_id}/instances/{instance_id}` */
export const showInstance: Operation = (server, { useCases }) => {
  server.get('/larder/v1/:project_id/instances/:instance_id', { schema, config: { access: 'project' } }, async (request) => {
    return instanceJson(await useCases.showInstance(callerOf(request), request.params.instance_id));
  });
};
