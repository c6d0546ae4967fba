import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { ddsErrors, projectParams } from '../fields.ts';
import { callerOf } from '../principal.ts';

const quotaSchema = Type.Object({
  type: Type.Literal('instance'),
  mode: Type.Union([Type.Literal('Sharding'), Type.Literal('ReplicaSet'), Type.Literal('Single')]),
  quota: Type.Integer({ description: '-1: no limit' }),
  used: Type.Integer({ minimum: 0 }),
});

const schema = {
  operationId: 'showQuotas',
  summary: 'Show how many instances the project has, and may have',
  tags: ['dds'],
  params: projectParams,
  response: { 200: Type.Object({ quotas: Type.Object({ resources: Type.Array(quotaSchema) }) }), ...ddsErrors },
} as const;

/** `GET /v3/{project_id}/quotas` */
export const showQuotas: Operation = (server, { useCases }) => {
  server.get('/v3/:project_id/quotas', { schema, config: { access: 'project' } }, async (request) => {
    const used = await useCases.countInstances(callerOf(request));
    const modes = ['Sharding', 'ReplicaSet', 'Single'] as const;
    return { quotas: { resources: modes.map((mode) => ({ type: 'instance' as const, mode, quota: -1, used: used[mode] })) } };
  });
};
