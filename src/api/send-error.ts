import type { FastifyReply, FastifyRequest } from 'fastify';
import { ddsErrorBody, identityErrorBody, refusalOf } from './errors.ts';
import { isIdentityPath } from './identity-paths.ts';

/** Answers a request with what an error means, in the form that its path demands. Logs the cause of the server's own faults. */
export function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const refused = refusalOf(error);
  const identity = isIdentityPath(request.url);
  if (refused.isFault) request.log.error({ err: error }, 'request failed');
  reply
    .code(identity ? refused.identity.status : refused.status)
    .header('X-Request-Id', request.id)
    .header('Content-Type', 'application/json')
    .serializer(JSON.stringify);
  return reply.send(identity ? identityErrorBody(refused) : ddsErrorBody(refused, request.id));
}
