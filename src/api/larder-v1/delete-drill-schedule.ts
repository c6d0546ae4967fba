import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { ddsErrors, instanceId, projectParams } from '../fields.ts';
import { callerOf } from '../principal.ts';

const schema = {
  operationId: 'deleteDrillSchedule',
  summary: 'Hold no more drills of the instance by themselves',
  tags: ['larder'],
  params: Type.Object({ ...projectParams.properties, instance_id: instanceId }),
  response: { 204: Type.Null(), ...ddsErrors },
} as const;

/** `DELETE /larder/v1/{project_id}/instances/{instance_id}/drill-schedule` */
export const deleteDrillSchedule: Operation = (server, { useCases }) => {
  server.delete(
    '/larder/v1/:project_id/instances/:instance_id/drill-schedule',
    { schema, config: { access: 'project' } },
    async (request, reply) => {
      await useCases.setDrillSchedule(callerOf(request), request.params.instance_id, null);
      return reply.code(204).send(null);
    },
  );
};
