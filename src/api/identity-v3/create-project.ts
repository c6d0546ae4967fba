import { Type } from 'typebox';
import { baseUrl } from '../base-url.ts';
import type { Operation } from '../context.ts';
import { identityErrors } from '../fields.ts';
import { principalOf } from '../principal.ts';
import { accountFields, domainOf, inDomain, readAccount } from './account-fields.ts';
import { projectJson, projectSchema } from './project-json.ts';

const schema = {
  operationId: 'createProject',
  summary: 'Create a project',
  tags: ['identity'],
  body: Type.Object({
    project: Type.Object({ name: Type.String({ maxLength: 4096 }), ...accountFields, ...inDomain }),
  }),
  response: { 201: Type.Object({ project: projectSchema }), ...identityErrors },
} as const;

/** `POST /v3/projects` */
export const createProject: Operation = (server, { directory }) => {
  server.post('/v3/projects', { schema, config: { access: 'user' } }, async (request, reply) => {
    const { name, domain_id: asked, ...fields } = request.body.project;
    const project = await directory.createProject(domainOf(principalOf(request), asked), { ...readAccount(fields), name });
    return reply.code(201).send({ project: projectJson(project, baseUrl(request)) });
  });
};
