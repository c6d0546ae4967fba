import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { backupDescription, backupName, ddsErrors, instanceId, projectParams } from '../fields.ts';
import { callerOf } from '../principal.ts';

const schema = {
  operationId: 'createBackup',
  summary: 'Create a manual backup',
  tags: ['dds'],
  params: projectParams,
  body: Type.Object({
    backup: Type.Object({ instance_id: instanceId, name: backupName, description: Type.Optional(backupDescription) }),
  }),
  response: { 200: Type.Object({ job_id: Type.String(), backup_id: Type.String() }), ...ddsErrors },
} as const;

/** `POST /v3/{project_id}/backups` */
export const createBackup: Operation = (server, { useCases }) => {
  server.post('/v3/:project_id/backups', { schema, config: { access: 'project' } }, async (request) => {
    const { instance_id: instanceId, name, description } = request.body.backup;
    const created = await useCases.createBackup(callerOf(request), { instanceId, name, description: description ?? '' });
    return { job_id: created.jobId, backup_id: created.backupId };
  });
};
