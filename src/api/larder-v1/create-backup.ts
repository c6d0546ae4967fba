import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { backupDescription, backupName, ddsErrors, instanceId, projectParams, rate } from '../fields.ts';
import { callerOf } from '../principal.ts';

const schema = {
  operationId: 'createLarderBackup',
  summary: 'Create a manual backup, with what the DDS call has no words for',
  tags: ['larder'],
  params: projectParams,
  body: Type.Object({
    instance_id: instanceId,
    name: backupName,
    description: Type.Optional(backupDescription),
    lock: Type.Optional(
      Type.Boolean({
        description: 'true to keep everybody from writing to a single server meanwhile; as the instance says if absent',
      }),
    ),
    rate_mb_per_s: Type.Optional(rate),
  }),
  response: { 202: Type.Object({ job_id: Type.String(), backup_id: Type.String() }), ...ddsErrors },
} as const;

/** `POST /larder/v1/{project_id}/backups` */
export const createLarderBackup: Operation = (server, { useCases }) => {
  server.post('/larder/v1/:project_id/backups', { schema, config: { access: 'project' } }, async (request, reply) => {
    const { instance_id: instanceId, name, description, lock, rate_mb_per_s: rateMbPerS } = request.body;
    const created = await useCases.createBackup(callerOf(request), {
      instanceId,
      name,
      description: description ?? '',
      ...(lock === undefined ? {} : { lock }),
      ...(rateMbPerS === undefined ? {} : { rateMbPerS }),
    });
    return reply.code(202).send({ job_id: created.jobId, backup_id: created.backupId });
  });
};
