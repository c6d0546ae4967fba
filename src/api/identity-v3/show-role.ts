import { Type } from 'typebox';
import { baseUrl } from '../base-url.ts';
import type { Operation } from '../context.ts';
import { identityErrors, text } from '../fields.ts';
import { roleJson, roleSchema } from './role-json.ts';

const schema = {
  operationId: 'showRole',
  summary: 'Show a role with its policy',
  tags: ['identity'],
  params: Type.Object({ role_id: text }),
  response: { 200: Type.Object({ role: roleSchema }), ...identityErrors },
} as const;

/** `GET /v3/roles/{id}` */
export const showRole: Operation = (server, { directory }) => {
  server.get('/v3/roles/:role_id', { schema, config: { access: 'user' } }, async (request) => {
    return { role: roleJson(await directory.showRole(request.params.role_id), baseUrl(request)) };
  });
};
