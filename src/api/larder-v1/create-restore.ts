import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { backupId, ddsErrors, instanceId, projectParams } from '../fields.ts';
import { callerOf } from '../principal.ts';

const schema = {
  operationId: 'createRestore',
  summary: 'Restore a backup to any instance of the project',
  tags: ['larder'],
  params: projectParams,
  body: Type.Object({
    backup_id: backupId,
    target_instance_id: instanceId,
    overwrite: Type.Optional(Type.Boolean({ description: "true if the target's data may be replaced" })),
  }),
  response: { 202: Type.Object({ job_id: Type.String() }), ...ddsErrors },
} as const;

/** `POST /larder/v1/{project_id}/restores` */
export const createRestore: Operation = (server, { useCases }) => {
  server.post('/larder/v1/:project_id/restores', { schema, config: { access: 'project' } }, async (request, reply) => {
    const { backup_id: backupId, target_instance_id: targetInstanceId, overwrite = false } = request.body;
    const { jobId } = await useCases.restore(callerOf(request), { backupId, targetInstanceId, overwrite });
    return reply.code(202).send({ job_id: jobId });
  });
};
