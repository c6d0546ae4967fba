import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { ddsErrors, instanceId, projectParams } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { drillScheduleJson, drillScheduleSchema } from './drill-schedule-json.ts';
import { anyObject, nullable } from './json-types.ts';

const schema = {
  operationId: 'setDrillSchedule',
  summary: 'Prove the newest backup of the instance again and again',
  tags: ['larder'],
  params: Type.Object({ ...projectParams.properties, instance_id: instanceId }),
  body: Type.Object({
    every_days: Type.Integer({ description: 'Days from one drill to the next, 1 to 366' }),
    start_time: Type.Optional(nullable(Type.String({ description: 'The hour in which drills begin, in UTC, like 03:00-04:00' }))),
    proof_days: Type.Optional(
      Type.Integer({ description: 'Days after which an instance without a newer proof is overdue; one more than every_days' }),
    ),
    assertions: Type.Optional(
      Type.Array(anyObject, { description: 'a list of {"namespace", "query", "count"} or {"namespace", "query", "documents"}' }),
    ),
  }),
  response: { 200: drillScheduleSchema, ...ddsErrors },
} as const;

/** `PUT /larder/v1/{project_id}/instances/{instance_id}/drill-schedule`: what is not given is the default again. */
export const setDrillSchedule: Operation = (server, { useCases }) => {
  server.put(
    '/larder/v1/:project_id/instances/:instance_id/drill-schedule',
    { schema, config: { access: 'project' } },
    async (request) => {
      const { every_days: everyDays, start_time: startTime, proof_days: proofDays, assertions } = request.body;
      const caller = callerOf(request);
      const { instance_id: id } = request.params;
      await useCases.setDrillSchedule(caller, id, {
        everyDays,
        ...(startTime === undefined ? {} : { startTime }),
        ...(proofDays === undefined ? {} : { proofDays }),
        ...(assertions === undefined ? {} : { assertions }),
      });
      return drillScheduleJson(await useCases.showDrillSchedule(caller, id));
    },
  );
};
