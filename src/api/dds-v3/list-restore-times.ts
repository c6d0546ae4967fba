import { Type } from 'typebox';
import { LarderError } from '../../core/errors.ts';
import type { Operation } from '../context.ts';
import { ddsErrors, instanceId, projectParams, text } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { later, parseDay } from '../times.ts';

const lastOfDay = 86_399_999;

const schema = {
  operationId: 'listRestoreTimes',
  summary: 'List the ranges of one day to any moment of which an instance can be restored',
  tags: ['dds'],
  params: Type.Object({ ...projectParams.properties, instance_id: instanceId }),
  querystring: Type.Object({ date: Type.Optional({ ...text, description: 'a day like 2020-12-12, in UTC' }) }),
  response: {
    200: Type.Object({
      restore_time: Type.Array(
        Type.Object({ start_time: Type.Integer(), end_time: Type.Integer() }, { description: 'Milliseconds since 1970' }),
      ),
    }),
    ...ddsErrors,
  },
} as const;

/** `GET /v3/{project_id}/instances/{instance_id}/restore-time`; a range that reaches out of the day is cut at its ends. */
export const listRestoreTimes: Operation = (server, { useCases }) => {
  server.get(
    '/v3/:project_id/instances/:instance_id/restore-time',
    { schema, config: { access: 'project' } },
    async (request) => {
      const first = parseDay(request.query.date ?? '');
      if (first === null) throw new LarderError('invalid-date', 'date must be a day like 2020-12-12, in UTC.');
      const last = later(first, lastOfDay);
      const ranges = await useCases.listRestoreTimes(callerOf(request), request.params.instance_id);
      return {
        restore_time: ranges
          .filter(({ start, end }) => start <= last && end >= first)
          .map(({ start, end }) => ({
            start_time: (start < first ? first : start).getTime(),
            end_time: (end > last ? last : end).getTime(),
          })),
      };
    },
  );
};
