import { Type } from 'typebox';
import { LarderError } from '../../core/errors.ts';
import { readWhole } from '../../core/instance-rules.ts';
import type { Operation } from '../context.ts';
import { ddsErrors, defaultOffset, offset, text } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { emptyAnswer, instanceParams, nodeParams, ruled } from './instance-call.ts';

const session = Type.Object({
  id: Type.String(),
  active: Type.Boolean(),
  operation: Type.String(),
  type: Type.String(),
  cost_time: Type.String(),
  plan_summary: Type.String(),
  host: Type.String(),
  client: Type.String(),
  description: Type.String(),
  namespace: Type.String(),
  db: Type.String(),
  user: Type.String(),
});

const types = ['none', 'update', 'insert', 'query', 'command', 'getmore', 'remove', 'killcursors'];
const defaultLimit = 10;

const listSchema = {
  operationId: 'listSessions',
  summary: 'List what a server does at this moment, the longest first',
  tags: ['dds'],
  params: nodeParams,
  querystring: Type.Object({
    offset: Type.Optional(offset),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 20, description: 'a number of rows from 1 to 20', 'x-error': 'invalid-limit' }),
    ),
    plan_summary: Type.Optional(text),
    type: Type.Optional(text),
    namespace: Type.Optional(text),
    cost_time: Type.Optional(text),
  }),
  response: { 200: Type.Object({ sessions: Type.Array(session), total_count: Type.Integer() }), ...ddsErrors },
} as const;

const killSchema = {
  operationId: 'killSessions',
  summary: 'End what a server does at this moment',
  tags: ['dds'],
  params: nodeParams,
  body: Type.Object({ sessions: ruled('an array of ids of sessions') }),
  response: emptyAnswer,
} as const;

const count = Type.Array(Type.Object({ client_ip: Type.String(), count: Type.Integer() }));

const countSchema = {
  operationId: 'showConnectionStatistics',
  summary: 'Count the connections of a server by the address they come from',
  tags: ['dds'],
  params: instanceParams,
  querystring: Type.Object({ node_id: Type.Optional(text) }),
  response: {
    200: Type.Object({
      total_connections: Type.Integer(),
      total_inner_connections: Type.Integer(),
      total_outer_connections: Type.Integer(),
      inner_connections: count,
      outer_connections: count,
    }),
    ...ddsErrors,
  },
} as const;

/** `GET /v3/{project_id}/nodes/{node_id}/sessions`, `POST .../session`, `GET /v3/{project_id}/instances/{instance_id}/conn-statistics` */
export const sessions: Operation = (server, { instances }) => {
  const project = { access: 'project' } as const;
  server.get('/v3/:project_id/nodes/:node_id/sessions', { schema: listSchema, config: project }, async (request) => {
    const { query } = request;
    if (query.type !== undefined && !types.includes(query.type)) {
      throw new LarderError('invalid-session-type', `type must be one of ${types.join(', ')}.`);
    }
    const cost = query.cost_time === undefined ? undefined : readWhole(query.cost_time);
    if (cost === null) throw new LarderError('invalid-cost-time', 'cost_time must be a number of microseconds.');
    const { rows, total } = await instances.listSessions(callerOf(request), request.params.node_id, {
      offset: query.offset ?? defaultOffset,
      limit: query.limit ?? defaultLimit,
      ...(query.plan_summary === undefined ? {} : { planSummary: query.plan_summary }),
      ...(query.type === undefined ? {} : { type: query.type }),
      ...(query.namespace === undefined ? {} : { namespace: query.namespace }),
      ...(cost === undefined ? {} : { costMicroseconds: cost }),
    });
    return {
      sessions: rows.map((one) => ({
        id: one.id,
        active: one.active,
        operation: one.operation,
        type: one.type,
        cost_time: String(one.costMicroseconds),
        plan_summary: one.planSummary,
        host: one.host,
        client: one.client,
        description: one.description,
        namespace: one.namespace,
        db: one.namespace.split('.')[0] ?? '',
        user: one.user,
      })),
      total_count: total,
    };
  });
  server.post('/v3/:project_id/nodes/:node_id/session', { schema: killSchema, config: project }, async (request) => {
    const ids: unknown = request.body.sessions;
    if (
      !Array.isArray(ids) ||
      ids.length === 0 ||
      !ids.every((id): id is string => typeof id === 'string' && /^\d{1,10}$/.test(id))
    ) {
      throw new LarderError('invalid-session', 'sessions must be an array of ids of sessions.');
    }
    await instances.killSessions(callerOf(request), request.params.node_id, ids);
    return {};
  });
  const url = '/v3/:project_id/instances/:instance_id/conn-statistics';
  server.get(url, { schema: countSchema, config: project }, async (request) => {
    const nodeId = request.query.node_id ?? null;
    const found = await instances.countConnections(callerOf(request), request.params.instance_id, nodeId);
    const json = (of: typeof found.inner) => of.map(({ address, count: n }) => ({ client_ip: address, count: n }));
    return {
      total_connections: found.total,
      total_inner_connections: found.innerTotal,
      total_outer_connections: found.outerTotal,
      inner_connections: json(found.inner),
      outer_connections: json(found.outer),
    };
  });
};
