import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { identityErrors } from '../fields.ts';
import { principalOf } from '../principal.ts';
import { grantOf, grantParams, grantScopes } from './grant-scopes.ts';

const schema = {
  summary: 'Take a role from a user',
  tags: ['identity'],
  params: grantParams,
  response: { 204: Type.Null({ description: 'The user does not have the role any more' }), ...identityErrors },
} as const;

/** `DELETE /v3/{projects,domains}/{id}/users/{user_id}/roles/{role_id}` */
export const revokeRole: Operation = (server, { directory }) => {
  for (const { kind, url, suffix } of grantScopes) {
    const options = { schema: { ...schema, operationId: `revoke${suffix}` }, config: { access: 'user' as const } };
    server.delete(`${url}/users/:user_id/roles/:role_id`, options, async (request, reply) => {
      await directory.revokeRole(principalOf(request).domain.id, grantOf(kind, request.params));
      return reply.code(204).send(null);
    });
  }
};
