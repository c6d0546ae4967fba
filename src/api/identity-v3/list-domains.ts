import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { identityErrors, text } from '../fields.ts';
import { principalOf } from '../principal.ts';
import { domainJson, domainSchema } from './domain-json.ts';
import { linksJson, linksSchema } from './links-json.ts';

const schema = {
  summary: 'List the domains of the caller',
  tags: ['identity'],
  querystring: Type.Object({ name: Type.Optional(text) }),
  response: { 200: Type.Object({ domains: Type.Array(domainSchema), links: linksSchema }), ...identityErrors },
} as const;

/** `GET /v3/auth/domains`, and `GET /v3/domains`, which administrators' clients ask. */
export const listDomains: Operation = (server, { identity }) => {
  for (const [url, operationId] of [
    ['/v3/auth/domains', 'listAuthDomains'],
    ['/v3/domains', 'listDomains'],
  ] as const) {
    server.get(url, { schema: { ...schema, operationId }, config: { access: 'user' } }, async (request) => {
      const domains = await identity.listDomains(principalOf(request).userId, request.query.name);
      return { domains: domains.map(domainJson), links: linksJson(request) };
    });
  }
};
