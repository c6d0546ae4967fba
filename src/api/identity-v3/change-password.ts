import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { identityErrors, text } from '../fields.ts';
import { principalOf } from '../principal.ts';
import { LarderError } from '../../core/errors.ts';
import { passwordField } from './account-fields.ts';

const schema = {
  operationId: 'changePassword',
  summary: 'Change the own password',
  tags: ['identity'],
  params: Type.Object({ user_id: text }),
  body: Type.Object({ user: Type.Object({ original_password: passwordField, password: passwordField }) }),
  response: { 204: Type.Null({ description: 'The password is another, and tokens of the user are void' }), ...identityErrors },
} as const;

/** `POST /v3/users/{id}/password`: only of oneself, and only with the one before. */
export const changePassword: Operation = (server, { directory }) => {
  server.post('/v3/users/:user_id/password', { schema, config: { access: 'user' } }, async (request, reply) => {
    const { userId } = principalOf(request);
    if (request.params.user_id !== userId) throw new LarderError('forbidden', 'A password is changed here by its user alone.');
    const { original_password: original, password } = request.body.user;
    await directory.changeOwnPassword(userId, { original, password });
    return reply.code(204).send(null);
  });
};
