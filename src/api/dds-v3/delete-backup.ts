import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { backupId, ddsErrors, projectParams } from '../fields.ts';
import { callerOf } from '../principal.ts';

const schema = {
  operationId: 'deleteBackup',
  summary: 'Delete a manual backup',
  tags: ['dds'],
  params: Type.Object({ ...projectParams.properties, backup_id: backupId }),
  response: { 200: Type.Object({ job_id: Type.String() }), ...ddsErrors },
} as const;

/** `DELETE /v3/{project_id}/backups/{backup_id}` */
export const deleteBackup: Operation = (server, { useCases }) => {
  server.delete('/v3/:project_id/backups/:backup_id', { schema, config: { access: 'project' } }, async (request) => {
    const { jobId } = await useCases.deleteBackup(callerOf(request), request.params.backup_id);
    return { job_id: jobId };
  });
};
