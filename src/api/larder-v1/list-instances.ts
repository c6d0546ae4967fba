import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { ddsErrors, pageFields, pageOf, projectParams } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { instanceJson, instanceSchema } from './instance-json.ts';

const schema = {
  operationId: 'listLarderInstances',
  summary: 'List instances, newest first',
  tags: ['larder'],
  params: projectParams,
  querystring: Type.Object(pageFields),
  response: { 200: Type.Object({ instances: Type.Array(instanceSchema), total_count: Type.Integer() }), ...ddsErrors },
} as const;

/** `GET /larder/v1/{project_id}/instances` */
export const listLarderInstances: Operation = (server, { useCases }) => {
  server.get('/larder/v1/:project_id/instances', { schema, config: { access: 'project' } }, async (request) => {
    const page = pageOf(request.query);
    const { rows, total } = await useCases.listInstances(callerOf(request), page);
    return { instances: rows.map(instanceJson), total_count: total };
  });
};
