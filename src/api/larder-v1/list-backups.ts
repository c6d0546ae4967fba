import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { backupId, ddsErrors, instanceId, oneOf, pageFields, pageOf, projectParams } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { backupJson, backupSchema } from './backup-json.ts';

const schema = {
  operationId: 'listLarderBackups',
  summary: 'List backups, newest first',
  tags: ['larder'],
  params: projectParams,
  querystring: Type.Object({
    ...pageFields,
    instance_id: Type.Optional(instanceId),
    backup_id: Type.Optional(backupId),
    type: Type.Optional(oneOf(['Auto', 'Manual'])),
  }),
  response: { 200: Type.Object({ backups: Type.Array(backupSchema), total_count: Type.Integer() }), ...ddsErrors },
} as const;

/** `GET /larder/v1/{project_id}/backups` */
export const listLarderBackups: Operation = (server, { useCases }) => {
  server.get('/larder/v1/:project_id/backups', { schema, config: { access: 'project' } }, async (request) => {
    const { query } = request;
    const { rows, total } = await useCases.listBackups(callerOf(request), {
      ...pageOf(query),
      ...(query.instance_id === undefined ? {} : { instanceId: query.instance_id }),
      ...(query.backup_id === undefined ? {} : { backupId: query.backup_id }),
      ...(query.type === undefined ? {} : { type: query.type }),
    });
    return { backups: rows.map(backupJson), total_count: total };
  });
};
