import { Type } from 'typebox';
import { baseUrl } from '../base-url.ts';
import type { Operation } from '../context.ts';
import { identityErrors } from '../fields.ts';
import { principalOf } from '../principal.ts';
import { grantScopes, userOfScope } from './grant-scopes.ts';
import { linksJson, linksSchema } from './links-json.ts';
import { roleJson, roleSchema } from './role-json.ts';

const schema = {
  summary: 'List the roles that a user has there',
  tags: ['identity'],
  params: userOfScope,
  response: { 200: Type.Object({ roles: Type.Array(roleSchema), links: linksSchema }), ...identityErrors },
} as const;

/** `GET /v3/{projects,domains}/{id}/users/{user_id}/roles` */
export const listUserRoles: Operation = (server, { directory }) => {
  for (const { kind, url, suffix } of grantScopes) {
    const options = { schema: { ...schema, operationId: `listUsers${suffix}` }, config: { access: 'user' as const } };
    server.get(`${url}/users/:user_id/roles`, options, async (request) => {
      const { user_id: userId, scope_id: id } = request.params;
      const roles = await directory.listGrants(principalOf(request).domain.id, { userId, scope: { kind, id } });
      return { roles: roles.map((role) => roleJson(role, baseUrl(request))), links: linksJson(request) };
    });
  }
};
