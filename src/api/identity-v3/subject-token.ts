import type { FastifyRequest } from 'fastify';
import { isLarderError, LarderError } from '../../core/errors.ts';
import type { Identity, Token } from '../../engine/use-cases.ts';
import { principalOf } from '../principal.ts';

/**
 * The token that X-Subject-Token names. `malformed-request` without the header; `token-not-found` (404) if there is no such token
 * or it is another user's, so that nobody can find out which tokens exist.
 */
export async function subjectToken(identity: Identity, request: FastifyRequest): Promise<{ text: string; token: Token }> {
  const text = [request.headers['x-subject-token'] ?? ''].flat().join('').trim();
  if (text === '') throw new LarderError('malformed-request', 'The header X-Subject-Token is missing.');
  const token = await identity.checkToken(text).catch((error: unknown) => {
    if (isLarderError(error, 'unauthenticated')) throw unknownToken();
    throw error;
  });
  if (token.user.id !== principalOf(request).userId) throw unknownToken();
  return { text, token };
}

function unknownToken(): LarderError {
  return new LarderError('token-not-found', 'The token does not exist or has expired.');
}
