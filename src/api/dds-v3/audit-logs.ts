import { Type } from 'typebox';
import { LarderError } from '../../core/errors.ts';
import { readWhole } from '../../core/instance-rules.ts';
import type { Operation } from '../context.ts';
import { ddsErrors, pageFields, text } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { parseTime } from '../times.ts';
import { emptyAnswer, instanceParams, ruled } from './instance-call.ts';

const longest = 30 * 86_400_000;

const shared = { tags: ['dds'], params: instanceParams };

const showSchema = {
  ...shared,
  operationId: 'showAuditLogPolicy',
  summary: 'Show that no audit log is kept: MongoDB Community writes none',
  response: {
    200: Type.Object({
      keep_days: Type.Integer({ minimum: 0, maximum: 0, description: '0: off' }),
      audit_scope: Type.String(),
      audit_types: Type.Array(Type.String()),
    }),
    ...ddsErrors,
  },
} as const;

const setSchema = {
  ...shared,
  operationId: 'setAuditLogPolicy',
  summary: 'Keep the audit log switched off; switching it on is refused with DBS.280343',
  body: Type.Object({ keep_days: ruled('0; 7 to 732, which would switch it on, are refused') }),
  response: emptyAnswer,
} as const;

const listSchema = {
  ...shared,
  operationId: 'listAuditLogs',
  summary: 'List the audit logs of a period, of which there are none',
  querystring: Type.Object({
    start_time: Type.Optional(text),
    end_time: Type.Optional(text),
    node_id: Type.Optional(text),
    ...pageFields,
  }),
  response: {
    200: Type.Object({ audit_logs: Type.Array(Type.Object({}), { maxItems: 0 }), total_record: Type.Integer() }),
    ...ddsErrors,
  },
} as const;

/** `GET` and `POST /v3/{project_id}/instances/{instance_id}/auditlog-policy`, and `GET` of `auditlog`: what is true of servers that write none. */
export const auditLogs: Operation = (server, { instances }) => {
  const instance = '/v3/:project_id/instances/:instance_id';
  const config = { access: 'project' } as const;

  server.get(`${instance}/auditlog-policy`, { schema: showSchema, config }, async (request) => {
    await instances.requireInstance(callerOf(request), request.params.instance_id);
    return { keep_days: 0, audit_scope: '', audit_types: [] };
  });

  server.post(`${instance}/auditlog-policy`, { schema: setSchema, config }, async (request) => {
    const days = readWhole(request.body.keep_days);
    if (days === null || (days !== 0 && (days < 7 || days > 732))) {
      throw new LarderError('invalid-keep-days', 'keep_days must be 0, or 7 to 732.');
    }
    await instances.requireInstance(callerOf(request), request.params.instance_id);
    if (days > 0) {
      throw new LarderError(
        'unsupported-operation',
        'MongoDB Community writes no audit log; Larder keeps one of what is done through it.',
      );
    }
    return {};
  });

  server.get(`${instance}/auditlog`, { schema: listSchema, config }, async (request) => {
    const { start_time: start = '', end_time: end = '' } = request.query;
    const from = parseTime(start);
    if (from === null) throw new LarderError('invalid-log-start', 'start_time must be a time like 2026-11-23T09:00:00+0000.');
    const to = parseTime(end);
    if (to === null || to < from || to.getTime() - from.getTime() > longest) {
      throw new LarderError('invalid-log-end', 'end_time must be a time after start_time, at most 30 days later.');
    }
    await instances.requireInstance(callerOf(request), request.params.instance_id);
    return { audit_logs: [], total_record: 0 };
  });
};
