import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { backupId, ddsErrors, projectParams } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { backupDetailsJson, backupDetailsSchema } from './backup-json.ts';

const schema = {
  operationId: 'showBackup',
  summary: 'Show a backup with what its manifest says',
  tags: ['larder'],
  params: Type.Object({ ...projectParams.properties, backup_id: backupId }),
  response: { 200: backupDetailsSchema, ...ddsErrors },
} as const;

/** `GET /larder/v1/{project_id}/backups/{backup_id}` */
export const showBackup: Operation = (server, { useCases }) => {
  server.get('/larder/v1/:project_id/backups/:backup_id', { schema, config: { access: 'project' } }, async (request) => {
    return backupDetailsJson(await useCases.showBackup(callerOf(request), request.params.backup_id));
  });
};
