import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { identityErrors } from '../fields.ts';
import { subjectToken } from './subject-token.ts';

const schema = {
  operationId: 'revokeToken',
  summary: 'Revoke a token',
  tags: ['identity'],
  response: { 204: Type.Null({ description: 'The token is of no use any more' }), ...identityErrors },
} as const;

/** `DELETE /v3/auth/tokens` */
export const revokeToken: Operation = (server, { identity }) => {
  server.delete('/v3/auth/tokens', { schema, config: { access: 'user' } }, async (request, reply) => {
    const { text } = await subjectToken(identity, request);
    await identity.revokeToken(text);
    return reply.code(204).send(null);
  });
};
