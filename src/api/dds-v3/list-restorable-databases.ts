import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { ddsErrors, instanceId, pageFields, pageOf, projectParams, text } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { readRestoreTime } from './read-restore-time.ts';

const schema = {
  operationId: 'listRestorableDatabases',
  summary: 'List the databases that can be restored as they were at a time',
  tags: ['dds'],
  params: Type.Object({ ...projectParams.properties, instance_id: instanceId }),
  querystring: Type.Object({
    restore_time: Type.Optional({ ...text, description: 'milliseconds since 1970' }),
    ...pageFields,
  }),
  response: { 200: Type.Object({ databases: Type.Array(Type.String()), total_count: Type.Integer() }), ...ddsErrors },
} as const;

/** `GET /v3/{project_id}/instances/{instance_id}/restore-database` */
export const listRestorableDatabases: Operation = (server, { useCases }) => {
  server.get(
    '/v3/:project_id/instances/:instance_id/restore-database',
    { schema, config: { access: 'project' } },
    async (request) => {
      const { query } = request;
      const { rows, total } = await useCases.listRestorableDatabases(callerOf(request), {
        instanceId: request.params.instance_id,
        time: readRestoreTime(query.restore_time),
        ...pageOf(query),
      });
      return { databases: [...rows], total_count: total };
    },
  );
};
