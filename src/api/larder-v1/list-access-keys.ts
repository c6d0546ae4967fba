import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { ddsErrors, projectParams } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { isoTime } from './json-types.ts';

const schema = {
  operationId: 'listAccessKeys',
  summary: 'List the access keys of the caller, without their secrets',
  tags: ['larder'],
  params: projectParams,
  response: {
    200: Type.Object({ access_keys: Type.Array(Type.Object({ access: Type.String(), created: isoTime })) }),
    ...ddsErrors,
  },
} as const;

/** `GET /larder/v1/{project_id}/access-keys` */
export const listAccessKeys: Operation = (server, { useCases }) => {
  server.get('/larder/v1/:project_id/access-keys', { schema, config: { access: 'project' } }, async (request) => {
    const keys = await useCases.listAccessKeys(callerOf(request));
    return { access_keys: keys.map(({ access, created }) => ({ access, created: created.toISOString() })) };
  });
};
