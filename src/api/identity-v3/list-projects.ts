import { Type } from 'typebox';
import { baseUrl } from '../base-url.ts';
import type { Operation } from '../context.ts';
import { identityErrors } from '../fields.ts';
import { principalOf } from '../principal.ts';
import { accountQuery, domainOf, readFilter } from './account-fields.ts';
import { linksJson, linksSchema } from './links-json.ts';
import { projectJson, projectSchema } from './project-json.ts';

const schema = {
  summary: 'List the projects that the caller may use; for administrators at /v3/projects all of the domain',
  tags: ['identity'],
  querystring: accountQuery,
  response: { 200: Type.Object({ projects: Type.Array(projectSchema), links: linksSchema }), ...identityErrors },
} as const;

/** `GET /v3/auth/projects`: those that the caller may use; `GET /v3/projects`: the same, or all of the domain for who manages them. */
export const listProjects: Operation = (server, { identity, directory }) => {
  for (const [url, operationId] of [
    ['/v3/projects', 'listProjects'],
    ['/v3/auth/projects', 'listAuthProjects'],
  ] as const) {
    server.get(url, { schema: { ...schema, operationId }, config: { access: 'user' } }, async (request) => {
      const { domain_id: asked, ...query } = request.query;
      const principal = principalOf(request);
      const domainId = domainOf(principal, asked);
      const filter = readFilter(query);
      const manages = operationId === 'listProjects' && (await identity.permits(principal, null, 'iam:projects:list'));
      const projects = manages
        ? await directory.listProjects(domainId, filter)
        : filter.enabled === false
          ? []
          : await identity.listProjects(principal.userId, filter.name);
      return { projects: projects.map((project) => projectJson(project, baseUrl(request))), links: linksJson(request) };
    });
  }
};
