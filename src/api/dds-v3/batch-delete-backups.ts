import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { backupId, ddsErrors, projectParams } from '../fields.ts';
import { callerOf } from '../principal.ts';

const schema = {
  operationId: 'batchDeleteBackups',
  summary: 'Delete up to ten manual backups, all of them or none',
  tags: ['dds'],
  params: projectParams,
  body: Type.Object({
    backup_ids: Type.Array(backupId, { minItems: 1, maxItems: 10, description: 'a list of 1 to 10 different ids of backups' }),
  }),
  response: { 200: Type.Object({}), ...ddsErrors },
} as const;

/** `DELETE /v3/{project_id}/instances/backups` */
export const batchDeleteBackups: Operation = (server, { useCases }) => {
  server.delete('/v3/:project_id/instances/backups', { schema, config: { access: 'project' } }, async (request) => {
    await useCases.deleteBackups(callerOf(request), request.body.backup_ids);
    return {};
  });
};
