import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { identityErrors } from '../fields.ts';
import { principalOf } from '../principal.ts';
import { grantOf, grantParams, grantScopes } from './grant-scopes.ts';

const schema = {
  summary: 'Give a user a role',
  tags: ['identity'],
  params: grantParams,
  response: { 204: Type.Null({ description: 'The user has the role' }), ...identityErrors },
} as const;

/** `PUT /v3/{projects,domains}/{id}/users/{user_id}/roles/{role_id}` */
export const grantRole: Operation = (server, { directory }) => {
  for (const { kind, url, suffix } of grantScopes) {
    const options = { schema: { ...schema, operationId: `grant${suffix}` }, config: { access: 'user' as const } };
    server.put(`${url}/users/:user_id/roles/:role_id`, options, async (request, reply) => {
      await directory.grantRole(principalOf(request).domain.id, grantOf(kind, request.params));
      return reply.code(204).send(null);
    });
  }
};
