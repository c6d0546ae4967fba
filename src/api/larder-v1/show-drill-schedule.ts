import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { ddsErrors, instanceId, projectParams } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { drillScheduleJson, drillScheduleSchema } from './drill-schedule-json.ts';

const schema = {
  operationId: 'showDrillSchedule',
  summary: 'Show the drills that come by themselves, and how far the backups of the instance are proved',
  tags: ['larder'],
  params: Type.Object({ ...projectParams.properties, instance_id: instanceId }),
  response: { 200: drillScheduleSchema, ...ddsErrors },
} as const;

/** `GET /larder/v1/{project_id}/instances/{instance_id}/drill-schedule` */
export const showDrillSchedule: Operation = (server, { useCases }) => {
  server.get(
    '/larder/v1/:project_id/instances/:instance_id/drill-schedule',
    { schema, config: { access: 'project' } },
    async (request) => drillScheduleJson(await useCases.showDrillSchedule(callerOf(request), request.params.instance_id)),
  );
};
