import type { FastifyRequest } from 'fastify';
import { Type, type Static } from 'typebox';
import { baseUrl } from '../base-url.ts';

export const linksSchema = Type.Object({ self: Type.String(), next: Type.Null(), previous: Type.Null() });

/** Everything is on one page: a `next` would make clients go on asking. */
export function linksJson(request: FastifyRequest): Static<typeof linksSchema> {
  return { self: `${baseUrl(request)}${request.url}`, next: null, previous: null };
}
