import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { ddsErrors, projectParams } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { instanceParams } from './instance-call.ts';

const ofInstance = {
  operationId: 'listInstanceTags',
  summary: 'List the tags of an instance',
  tags: ['dds'],
  params: instanceParams,
  response: {
    200: Type.Object({ tags: Type.Array(Type.Object({ key: Type.String(), value: Type.String() })) }),
    ...ddsErrors,
  },
} as const;

const ofProject = {
  summary: 'List the tags that the instances of the project have',
  tags: ['dds'],
  params: projectParams,
  response: {
    200: Type.Object({ tags: Type.Array(Type.Object({ key: Type.String(), values: Type.Array(Type.String()) })) }),
    ...ddsErrors,
  },
} as const;

/** `GET /v3/{project_id}/instances/{instance_id}/tags`; `GET /v3/{project_id}/tags`, which one client asks for below `instances`. */
export const listTags: Operation = (server, { instances }) => {
  const url = '/v3/:project_id/instances/:instance_id/tags';
  server.get(url, { schema: ofInstance, config: { access: 'project' } }, async (request) => ({
    tags: [...(await instances.listTags(callerOf(request), request.params.instance_id))],
  }));
  for (const [path, operationId] of [
    ['/v3/:project_id/tags', 'listProjectTags'],
    ['/v3/:project_id/instances/tags', 'listProjectTagsBelowInstances'],
  ] as const) {
    server.get(path, { schema: { ...ofProject, operationId }, config: { access: 'project' } }, async (request) => {
      const tags = await instances.listProjectTags(callerOf(request));
      return { tags: tags.map(({ key, values }) => ({ key, values: [...values] })) };
    });
  }
};
