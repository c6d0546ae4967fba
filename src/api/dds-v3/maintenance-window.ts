import { Type } from 'typebox';
import { LarderError } from '../../core/errors.ts';
import type { Operation } from '../context.ts';
import { ddsErrors, text } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { instanceParams } from './instance-call.ts';

const schema = {
  operationId: 'setMaintenanceWindow',
  summary: 'Keep the hours of maintenance; Larder does none',
  tags: ['dds'],
  params: instanceParams,
  body: Type.Object({ start_time: text, end_time: text }),
  response: { 200: Type.Unknown({ description: 'no body' }), ...ddsErrors },
} as const;

/** `PUT /v3/{project_id}/instances/{instance_id}/maintenance-window`; the answer has no body. */
export const setMaintenanceWindow: Operation = (server, { instances }) => {
  const url = '/v3/:project_id/instances/:instance_id/maintenance-window';
  server.put(url, { schema, config: { access: 'project' } }, async (request, reply) => {
    const { start_time: start, end_time: end } = request.body;
    const [from, to] = [minutesOf(start), minutesOf(end)];
    if (from === null || to === null || (to - from + 1440) % 1440 < 60) {
      throw new LarderError('malformed-request', 'start_time and end_time must be times like 14:00, UTC, an hour or more apart.');
    }
    await instances.keepSettings(callerOf(request), request.params.instance_id, { maintenanceWindow: `${start}-${end}` });
    return reply.code(200).send();
  });
};

function minutesOf(time: string): number | null {
  const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(time) ?? [];
  return hours === undefined ? null : Number(hours) * 60 + Number(minutes);
}
