import type { FastifyReply, FastifyRequest } from 'fastify';
import { isLarderError } from '../core/errors.ts';
import type { Named } from '../engine/use-cases.ts';
import { ddsErrorBody, identityErrorBody, refusalOf } from './errors.ts';
import { isIdentityPath } from './identity-paths.ts';

/** Answers a request with what an error means, in the form that its path demands. Logs the cause of the server's own faults. */
export function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const refused = refusalOf(error);
  const identity = isIdentityPath(request.url);
  request.refused = { code: refused.code, user: userOf(error) };
  if (refused.isFault) request.log.error({ err: error }, 'request failed');
  reply
    .code(identity ? refused.identity.status : refused.status)
    .header('X-Request-Id', request.id)
    .header('Content-Type', 'application/json')
    .serializer(JSON.stringify);
  return reply.send(identity ? identityErrorBody(refused) : ddsErrorBody(refused, request.id));
}

/** Whose request an error says it was; never shown to the client. */
function userOf(error: unknown): Named | null {
  if (!isLarderError(error)) return null;
  const { userId: id, userName: name } = error.details;
  return typeof id === 'string' && typeof name === 'string' ? { id, name } : null;
}
