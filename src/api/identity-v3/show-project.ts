import { Type } from 'typebox';
import { LarderError } from '../../core/errors.ts';
import { baseUrl } from '../base-url.ts';
import type { Operation } from '../context.ts';
import { identityErrors, text } from '../fields.ts';
import { principalOf } from '../principal.ts';
import { projectJson, projectSchema } from './project-json.ts';

const schema = {
  operationId: 'showProject',
  summary: 'Show a project that the caller may use or manages',
  tags: ['identity'],
  params: Type.Object({ id: text }),
  response: { 200: Type.Object({ project: projectSchema }), ...identityErrors },
} as const;

/** `GET /v3/projects/{id}` */
export const showProject: Operation = (server, { identity, directory }) => {
  server.get('/v3/projects/:id', { schema, config: { access: 'user' } }, async (request) => {
    const { userId, domain } = principalOf(request);
    const { id } = request.params;
    if (await identity.permits(principalOf(request), null, 'iam:projects:list')) {
      return { project: projectJson(await directory.showProject(domain.id, id), baseUrl(request)) };
    }
    const project = (await identity.listProjects(userId)).find((own) => own.id === id);
    if (project === undefined) throw new LarderError('project-not-found', 'The caller has no project with this id.');
    return { project: projectJson(project, baseUrl(request)) };
  });
};
