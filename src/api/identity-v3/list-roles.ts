import { Type } from 'typebox';
import { baseUrl } from '../base-url.ts';
import type { Operation } from '../context.ts';
import { identityErrors, text } from '../fields.ts';
import { linksJson, linksSchema } from './links-json.ts';
import { roleJson, roleSchema } from './role-json.ts';

const schema = {
  operationId: 'listRoles',
  summary: 'List roles',
  tags: ['identity'],
  querystring: Type.Object({ name: Type.Optional(text) }),
  response: { 200: Type.Object({ roles: Type.Array(roleSchema), links: linksSchema }), ...identityErrors },
} as const;

/** `GET /v3/roles` */
export const listRoles: Operation = (server, { directory }) => {
  server.get('/v3/roles', { schema, config: { access: 'user' } }, async (request) => {
    const { name } = request.query;
    const roles = await directory.listRoles(name === undefined ? {} : { name });
    return { roles: roles.map((role) => roleJson(role, baseUrl(request))), links: linksJson(request) };
  });
};
