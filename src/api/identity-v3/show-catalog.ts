import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Identity } from '../../engine/use-cases.ts';
import { baseUrl } from '../base-url.ts';
import type { Operation } from '../context.ts';
import { identityErrors } from '../fields.ts';
import { principalOf } from '../principal.ts';
import { catalogJson, catalogSchema } from './catalog-json.ts';
import { linksJson, linksSchema } from './links-json.ts';

const schema = {
  operationId: 'showCatalog',
  summary: 'Show the service catalog',
  tags: ['identity'],
  response: { 200: Type.Object({ catalog: catalogSchema, links: linksSchema }), ...identityErrors },
} as const;

/** `GET /v3/auth/catalog` */
export const showCatalog: Operation = (server, { identity, region }) => {
  server.get('/v3/auth/catalog', { schema, config: { access: 'user' } }, async (request) => {
    const projectId = await projectOfCatalog(identity, region, request);
    return { catalog: catalogJson(baseUrl(request), region, projectId), links: linksJson(request) };
  });
};

/**
 * A token names its project. Behind a signature it is the project of X-Project-Id if that is one of the caller's (the header is not
 * signed, but all it decides is which of their own addresses they are told), else the first of the region, else the first.
 */
async function projectOfCatalog(identity: Identity, region: string, request: FastifyRequest): Promise<string | null> {
  const principal = principalOf(request);
  if (principal.token !== null) return principal.project?.id ?? null;
  const own = await identity.listProjects(principal.userId);
  const named = own.find(({ id }) => id === request.headers['x-project-id']);
  const local = own.find(({ name }) => name === region || name.startsWith(`${region}_`));
  return (named ?? local ?? own[0])?.id ?? null;
}
