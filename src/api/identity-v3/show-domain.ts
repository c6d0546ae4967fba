import { Type } from 'typebox';
import { LarderError } from '../../core/errors.ts';
import type { Operation } from '../context.ts';
import { identityErrors, text } from '../fields.ts';
import { principalOf } from '../principal.ts';
import { domainJson, domainSchema } from './domain-json.ts';

const schema = {
  operationId: 'showDomain',
  summary: 'Show a domain of the caller',
  tags: ['identity'],
  params: Type.Object({ id: text }),
  response: { 200: Type.Object({ domain: domainSchema }), ...identityErrors },
} as const;

/** `GET /v3/domains/{id}` */
export const showDomain: Operation = (server, { identity }) => {
  server.get('/v3/domains/:id', { schema, config: { access: 'user' } }, async (request) => {
    const own = await identity.listDomains(principalOf(request).userId);
    const domain = own.find(({ id }) => id === request.params.id);
    if (domain === undefined) throw new LarderError('project-not-found', 'The caller has no domain with this id.');
    return { domain: domainJson(domain) };
  });
};
