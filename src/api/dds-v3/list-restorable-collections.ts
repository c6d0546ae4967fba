import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { ddsErrors, instanceId, pageFields, pageOf, projectParams, text } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { readRestoreTime } from './read-restore-time.ts';

const schema = {
  operationId: 'listRestorableCollections',
  summary: 'List the collections of a database that can be restored as they were at a time',
  tags: ['dds'],
  params: Type.Object({ ...projectParams.properties, instance_id: instanceId }),
  querystring: Type.Object({
    db_name: { ...text, description: 'the name of a database' },
    restore_time: Type.Optional({ ...text, description: 'milliseconds since 1970' }),
    ...pageFields,
  }),
  response: { 200: Type.Object({ collections: Type.Array(Type.String()), total_count: Type.Integer() }), ...ddsErrors },
} as const;

/** `GET /v3/{project_id}/instances/{instance_id}/restore-collection` */
export const listRestorableCollections: Operation = (server, { useCases }) => {
  server.get(
    '/v3/:project_id/instances/:instance_id/restore-collection',
    { schema, config: { access: 'project' } },
    async (request) => {
      const { query } = request;
      const { rows, total } = await useCases.listRestorableCollections(callerOf(request), {
        instanceId: request.params.instance_id,
        db: query.db_name,
        time: readRestoreTime(query.restore_time),
        ...pageOf(query),
      });
      return { collections: [...rows], total_count: total };
    },
  );
};
