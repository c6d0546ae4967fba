import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { identityErrors, text } from '../fields.ts';
import { principalOf } from '../principal.ts';

const schema = {
  operationId: 'deleteProject',
  summary: 'Delete a project that holds nothing any more',
  tags: ['identity'],
  params: Type.Object({ id: text }),
  response: { 204: Type.Null({ description: 'The project is gone' }), ...identityErrors },
} as const;

/** `DELETE /v3/projects/{id}` */
export const deleteProject: Operation = (server, { directory }) => {
  server.delete('/v3/projects/:id', { schema, config: { access: 'user' } }, async (request, reply) => {
    await directory.deleteProject(principalOf(request).domain.id, request.params.id);
    return reply.code(204).send(null);
  });
};
