import { Type } from 'typebox';
import { baseUrl } from '../base-url.ts';
import type { Operation } from '../context.ts';
import { identityErrors, text } from '../fields.ts';
import { principalOf } from '../principal.ts';
import { accountFields, domainOf, inDomain, readAccount } from './account-fields.ts';
import { projectJson, projectSchema } from './project-json.ts';

const schema = {
  operationId: 'updateProject',
  summary: 'Rename, describe, disable or enable a project',
  tags: ['identity'],
  params: Type.Object({ id: text }),
  body: Type.Object({
    project: Type.Object({ name: Type.Optional(Type.String({ maxLength: 4096 })), ...accountFields, ...inDomain }),
  }),
  response: { 200: Type.Object({ project: projectSchema }), ...identityErrors },
} as const;

/** `PATCH /v3/projects/{id}` */
export const updateProject: Operation = (server, { directory }) => {
  server.patch('/v3/projects/:id', { schema, config: { access: 'user' } }, async (request) => {
    const { domain_id: asked, ...fields } = request.body.project;
    const domainId = domainOf(principalOf(request), asked);
    const project = await directory.updateProject(domainId, request.params.id, readAccount(fields));
    return { project: projectJson(project, baseUrl(request)) };
  });
};
