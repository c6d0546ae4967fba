import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { ddsErrors, projectParams } from '../fields.ts';
import { callerOf } from '../principal.ts';

const schema = {
  operationId: 'deleteAccessKey',
  summary: 'Delete an access key of the caller',
  tags: ['larder'],
  params: Type.Object({
    ...projectParams.properties,
    access: Type.String({
      pattern: '^[0-9A-Za-z_-]{1,64}$',
      description: 'an access key: 1 to 64 letters, digits, hyphens or underscores',
      'x-error': 'access-key-not-found',
    }),
  }),
  response: { 204: Type.Null({ description: 'The key signs nothing any more' }), ...ddsErrors },
} as const;

/** `DELETE /larder/v1/{project_id}/access-keys/{access}` */
export const deleteAccessKey: Operation = (server, { useCases }) => {
  server.delete(
    '/larder/v1/:project_id/access-keys/:access',
    { schema, config: { access: 'project' } },
    async (request, reply) => {
      await useCases.deleteAccessKey(callerOf(request), request.params.access);
      return reply.code(204).send(null);
    },
  );
};
