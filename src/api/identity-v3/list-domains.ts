import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { identityErrors, text } from '../fields.ts';
import { principalOf } from '../principal.ts';
import { linksJson, linksSchema } from './links-json.ts';

const schema = {
  operationId: 'listDomains',
  summary: 'List the domains of the caller',
  tags: ['identity'],
  querystring: Type.Object({ name: Type.Optional(text) }),
  response: {
    200: Type.Object({
      domains: Type.Array(Type.Object({ id: Type.String(), name: Type.String(), enabled: Type.Boolean() })),
      links: linksSchema,
    }),
    ...identityErrors,
  },
} as const;

/** `GET /v3/auth/domains` */
export const listDomains: Operation = (server, { identity }) => {
  server.get('/v3/auth/domains', { schema, config: { access: 'user' } }, async (request) => {
    const domains = await identity.listDomains(principalOf(request).userId, request.query.name);
    return { domains: domains.map(({ id, name }) => ({ id, name, enabled: true })), links: linksJson(request) };
  });
};
