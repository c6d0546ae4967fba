import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { identityErrors } from '../fields.ts';
import { principalOf } from '../principal.ts';
import { LarderError } from '../../core/errors.ts';
import { grantOf, grantParams, grantScopes } from './grant-scopes.ts';

const schema = {
  summary: 'Say whether a user has a role',
  tags: ['identity'],
  params: grantParams,
  response: { 204: Type.Null({ description: 'The user has the role' }), ...identityErrors },
} as const;

/** `GET` and `HEAD /v3/{projects,domains}/{id}/users/{user_id}/roles/{role_id}` */
export const checkRole: Operation = (server, { directory }) => {
  for (const { kind, url, suffix } of grantScopes) {
    const options = { schema: { ...schema, operationId: `check${suffix}` }, config: { access: 'user' as const } };
    server.get(`${url}/users/:user_id/roles/:role_id`, options, async (request, reply) => {
      const grant = grantOf(kind, request.params);
      const roles = await directory.listGrants(principalOf(request).domain.id, grant);
      if (roles.some(({ id }) => id === grant.roleId)) return reply.code(204).send(null);
      throw new LarderError('role-not-found', 'The user does not have this role there.');
    });
  }
};
