import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { backupId, ddsErrors, projectParams } from '../fields.ts';
import { callerOf } from '../principal.ts';

const schema = {
  operationId: 'stopBackup',
  summary: 'Stop a backup that is being made; it is FAILED within two seconds',
  tags: ['dds'],
  params: Type.Object({ ...projectParams.properties, backup_id: backupId }),
  body: Type.Object({ action: Type.Literal('stop', { description: 'stop' }) }),
  response: { 200: Type.Object({ job_id: Type.String() }), ...ddsErrors },
} as const;

/** `PUT /v3/{project_id}/backups/{backup_id}` */
export const stopBackup: Operation = (server, { useCases }) => {
  server.put('/v3/:project_id/backups/:backup_id', { schema, config: { access: 'project' } }, async (request) => {
    const { jobId } = await useCases.stopBackup(callerOf(request), request.params.backup_id);
    return { job_id: jobId };
  });
};
