import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { identityErrors, text } from '../fields.ts';

const schema = {
  operationId: 'deleteRole',
  summary: 'Delete a role and take it from everybody',
  tags: ['identity'],
  params: Type.Object({ role_id: text }),
  response: { 204: Type.Null({ description: 'The role is gone' }), ...identityErrors },
} as const;

/** `DELETE /v3/roles/{id}` */
export const deleteRole: Operation = (server, { directory }) => {
  server.delete('/v3/roles/:role_id', { schema, config: { access: 'user' } }, async (request, reply) => {
    await directory.deleteRole(request.params.role_id);
    return reply.code(204).send(null);
  });
};
