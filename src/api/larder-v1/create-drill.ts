import { Type } from 'typebox';
import { LarderError } from '../../core/errors.ts';
import type { Operation } from '../context.ts';
import { backupId, ddsErrors, instanceId, projectParams } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { anyObject } from './json-types.ts';

const schema = {
  operationId: 'createDrill',
  summary: 'Prove a backup: restore it into a server started for this, compare, ask assertions, and remove it again',
  tags: ['larder'],
  params: projectParams,
  body: Type.Object({
    backup_id: Type.Optional(backupId),
    instance_id: Type.Optional(instanceId),
    assertions: Type.Optional(
      Type.Array(anyObject, { description: 'a list of {"namespace", "query", "count"} or {"namespace", "query", "documents"}' }),
    ),
  }),
  response: { 202: Type.Object({ job_id: Type.String(), backup_id: Type.String() }), ...ddsErrors },
} as const;

/** `POST /larder/v1/{project_id}/drills` */
export const createDrill: Operation = (server, { useCases }) => {
  server.post('/larder/v1/:project_id/drills', { schema, config: { access: 'project' } }, async (request, reply) => {
    const { backup_id: wantedBackup, instance_id: wantedInstance, assertions = [] } = request.body;
    if (wantedBackup !== undefined && wantedInstance === undefined) {
      return reply.code(202).send(json(await useCases.drill(callerOf(request), { of: { backupId: wantedBackup }, assertions })));
    }
    if (wantedInstance === undefined || wantedBackup !== undefined)
      throw new LarderError('malformed-request', 'Give either backup_id or instance_id.');
    return reply
      .code(202)
      .send(json(await useCases.drill(callerOf(request), { of: { instanceId: wantedInstance }, assertions })));
  });
};

function json(begun: { readonly jobId: string; readonly backupId: string }): { job_id: string; backup_id: string } {
  return { job_id: begun.jobId, backup_id: begun.backupId };
}
