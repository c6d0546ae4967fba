import { Type } from 'typebox';
import { LarderError } from '../../core/errors.ts';
import type { LogQuery } from '../../engine/instances/server-logs.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Operation } from '../context.ts';
import { ddsErrors, defaultOffset, text } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { parseTime } from '../times.ts';
import { instanceParams } from './instance-call.ts';

const longest = 31 * 86_400_000;
const defaultLimit = 10;

const querystring = Type.Object({
  start_date: Type.Optional(text),
  end_date: Type.Optional(text),
  node_id: Type.Optional(text),
  type: Type.Optional(text),
  offset: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 1999,
      description: 'a number of rows to skip from 0 to 1999',
      'x-error': 'invalid-offset',
    }),
  ),
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 100, description: 'a number of rows from 1 to 100', 'x-error': 'invalid-limit' }),
  ),
});

const slowSchema = {
  operationId: 'listSlowLogs',
  summary: 'List the operations of a period that were slow, newest first',
  tags: ['dds'],
  params: instanceParams,
  querystring,
  response: {
    200: Type.Object({
      slow_log_list: Type.Array(
        Type.Object({
          node_name: Type.String(),
          query_sample: Type.String(),
          type: Type.String(),
          time: Type.String(),
          lock_time: Type.String(),
          rows_sent: Type.Integer(),
          rows_examined: Type.Integer(),
          database: Type.String(),
          start_time: Type.String(),
        }),
      ),
      total_record: Type.Integer(),
    }),
    ...ddsErrors,
  },
} as const;

const errorSchema = {
  operationId: 'listErrorLogs',
  summary: 'List the warnings and errors of a period, newest first',
  tags: ['dds'],
  params: instanceParams,
  querystring,
  response: {
    200: Type.Object({
      error_log_list: Type.Array(
        Type.Object({ node_name: Type.String(), level: Type.String(), time: Type.String(), content: Type.String() }),
      ),
      total_record: Type.Integer(),
    }),
    ...ddsErrors,
  },
} as const;

const slowTypes = ['INSERT', 'QUERY', 'UPDATE', 'REMOVE', 'GETMORE', 'COMMAND', 'KILLCURSORS'];
const errorTypes = ['WARNING', 'ERROR'];

/** `GET /v3/{project_id}/instances/{instance_id}/slowlog` and `errorlog` */
export const serverLogs: Operation = (server, { instances, clock }) => {
  const project = { access: 'project' } as const;
  server.get('/v3/:project_id/instances/:instance_id/slowlog', { schema: slowSchema, config: project }, async (request) => {
    const query = readQuery(request.query, slowTypes, clock);
    const { rows, total } = await instances.listSlowOperations(callerOf(request), request.params.instance_id, query);
    return {
      slow_log_list: rows.map((one) => ({
        node_name: one.nodeName,
        query_sample: one.command,
        type: one.type,
        time: `${one.milliseconds} ms`,
        lock_time: `${one.lockMicroseconds} us`,
        rows_sent: one.rowsSent,
        rows_examined: one.rowsExamined,
        database: one.database,
        start_time: one.start.toISOString().replace('Z', '000Z'),
      })),
      total_record: total,
    };
  });
  server.get('/v3/:project_id/instances/:instance_id/errorlog', { schema: errorSchema, config: project }, async (request) => {
    const query = readQuery(request.query, errorTypes, clock);
    const { rows, total } = await instances.listLogEntries(callerOf(request), request.params.instance_id, query);
    return {
      error_log_list: rows.map((one) => ({
        node_name: one.nodeName,
        level: one.level,
        time: one.time.toISOString().replace('Z', '+0000'),
        content: one.content,
      })),
      total_record: total,
    };
  });
};

interface Sent {
  readonly start_date?: string;
  readonly end_date?: string;
  readonly node_id?: string;
  readonly type?: string;
  readonly offset?: number;
  readonly limit?: number;
}

function readQuery(sent: Sent, types: readonly string[], clock: Clock): LogQuery {
  const from = sent.start_date === undefined ? null : parseTime(sent.start_date);
  if (from === null) throw new LarderError('invalid-log-start', 'start_date must be a time like 2026-11-23T09:00:00+0000.');
  const to = sent.end_date === undefined ? null : parseTime(sent.end_date);
  // A minute of grace: the clocks of clients differ.
  const late = to !== null && to.getTime() > clock.now().getTime() + 60_000;
  if (to === null || to < from || late || to.getTime() - from.getTime() > longest) {
    throw new LarderError('invalid-log-end', 'end_date must be a time after start_date, at most 31 days later, and not to come.');
  }
  if (sent.type !== undefined && !types.includes(sent.type)) {
    throw new LarderError('invalid-log-type', `type must be one of ${types.join(', ')}.`);
  }
  const { offset = defaultOffset, limit = defaultLimit } = sent;
  if (offset + limit > 2000) throw new LarderError('invalid-limit', 'offset and limit together must be at most 2000.');
  return {
    from,
    to,
    offset,
    limit,
    ...(sent.node_id === undefined ? {} : { nodeId: sent.node_id }),
    ...(sent.type === undefined ? {} : { type: sent.type }),
  };
}
