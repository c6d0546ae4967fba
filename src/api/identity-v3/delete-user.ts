import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { identityErrors, text } from '../fields.ts';
import { principalOf } from '../principal.ts';

const schema = {
  operationId: 'deleteUser',
  summary: 'Delete a user with tokens and access keys',
  tags: ['identity'],
  params: Type.Object({ user_id: text }),
  response: { 204: Type.Null({ description: 'The user is gone' }), ...identityErrors },
} as const;

/** `DELETE /v3/users/{id}` */
export const deleteUser: Operation = (server, { directory }) => {
  server.delete('/v3/users/:user_id', { schema, config: { access: 'user' } }, async (request, reply) => {
    await directory.deleteUser(principalOf(request).domain.id, request.params.user_id);
    return reply.code(204).send(null);
  });
};
