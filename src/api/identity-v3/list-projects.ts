import { Type } from 'typebox';
import { baseUrl } from '../base-url.ts';
import type { Operation } from '../context.ts';
import { identityErrors, text } from '../fields.ts';
import { principalOf } from '../principal.ts';
import { linksJson, linksSchema } from './links-json.ts';
import { projectJson, projectSchema } from './project-json.ts';

const schema = {
  summary: 'List the projects that the caller may use',
  tags: ['identity'],
  querystring: Type.Object({ name: Type.Optional(text) }),
  response: { 200: Type.Object({ projects: Type.Array(projectSchema), links: linksSchema }), ...identityErrors },
} as const;

/** `GET /v3/projects` and `GET /v3/auth/projects`: the same list under the two addresses that clients use. */
export const listProjects: Operation = (server, { identity }) => {
  for (const [url, operationId] of [
    ['/v3/projects', 'listProjects'],
    ['/v3/auth/projects', 'listAuthProjects'],
  ] as const) {
    server.get(url, { schema: { ...schema, operationId }, config: { access: 'user' } }, async (request) => {
      const projects = await identity.listProjects(principalOf(request).userId, request.query.name);
      return { projects: projects.map((project) => projectJson(project, baseUrl(request))), links: linksJson(request) };
    });
  }
};
