import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { ddsErrors, instanceId, projectParams, rate } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { instanceJson, instanceSchema } from './instance-json.ts';
import { nullable } from './json-types.ts';

const schema = {
  operationId: 'setInstance',
  summary: 'Change how an instance is backed up',
  tags: ['larder'],
  params: Type.Object({ ...projectParams.properties, instance_id: instanceId }),
  body: Type.Object(
    {
      rate_mb_per_s: Type.Optional(nullable(rate)),
      lock: Type.Optional(
        Type.Boolean({ description: 'true if backups of this single server shall keep everybody from writing' }),
      ),
    },
    { minProperties: 1 },
  ),
  response: { 200: instanceSchema, ...ddsErrors },
} as const;

/** `PATCH /larder/v1/{project_id}/instances/{instance_id}` */
export const setInstance: Operation = (server, { useCases }) => {
  server.patch('/larder/v1/:project_id/instances/:instance_id', { schema, config: { access: 'project' } }, async (request) => {
    const { rate_mb_per_s: rateMbPerS, lock } = request.body;
    const settings = { ...(rateMbPerS === undefined ? {} : { rateMbPerS }), ...(lock === undefined ? {} : { lock }) };
    return instanceJson(await useCases.setInstance(callerOf(request), request.params.instance_id, settings));
  });
};
