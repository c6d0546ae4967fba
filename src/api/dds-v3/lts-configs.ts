import { Type } from 'typebox';
import { logTypes } from '../../core/own-instance.ts';
import type { Operation } from '../context.ts';
import { ddsErrors, defaultOffset, instanceId, offset, oneOf, projectParams, text } from '../fields.ts';
import { callerOf } from '../principal.ts';

const url = '/v3/:project_id/instances/logs/lts-configs';
const defaultLimit = 50;
const logType = oneOf(logTypes);

const listSchema = {
  operationId: 'listLogStreams',
  summary: 'List where the logs of instances were to go; there is no log service, and nothing goes there',
  tags: ['dds'],
  params: projectParams,
  querystring: Type.Object({
    offset: Type.Optional(offset),
    limit: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 50, description: 'a number of rows from 0 to 50', 'x-error': 'invalid-limit' }),
    ),
  }),
  response: {
    200: Type.Object({
      total_count: Type.Integer(),
      instance_lts_configs: Type.Array(
        Type.Object({
          instance: Type.Object({
            id: Type.String(),
            name: Type.String(),
            mode: Type.String(),
            datastore: Type.Object({ type: Type.String(), version: Type.String() }),
            status: Type.String(),
            enterprise_project_id: Type.String(),
            actions: Type.Array(Type.String()),
          }),
          lts_configs: Type.Optional(
            Type.Array(
              Type.Object({
                log_type: Type.String(),
                lts_group_id: Type.String(),
                lts_stream_id: Type.String(),
                enabled: Type.Boolean(),
              }),
            ),
          ),
        }),
      ),
    }),
    ...ddsErrors,
  },
} as const;

const accepted = { 202: Type.Unknown({ description: 'no body' }), ...ddsErrors } as const;
const list = { minItems: 1, maxItems: 100, description: 'a list of 1 to 100 elements' };

const setSchema = {
  operationId: 'setLogStreams',
  summary: 'Keep where logs were to go; nothing goes there',
  tags: ['dds'],
  params: projectParams,
  body: Type.Object({
    lts_configs: Type.Array(
      Type.Object({ instance_id: instanceId, log_type: logType, lts_group_id: text, lts_stream_id: text }),
      list,
    ),
  }),
  response: accepted,
} as const;

const removeSchema = {
  operationId: 'removeLogStreams',
  summary: 'Forget where logs were to go',
  tags: ['dds'],
  params: projectParams,
  body: Type.Object({ lts_configs: Type.Array(Type.Object({ instance_id: instanceId, log_type: logType }), list) }),
  response: accepted,
} as const;

const modes = { Single: 'ReplicaSingle', ReplicaSet: 'ReplicaSet', Sharding: 'Sharding' } as const;

/** `/v3/{project_id}/instances/logs/lts-configs` */
export const ltsConfigs: Operation = (server, { instances, useCases }) => {
  const config = { access: 'project' } as const;
  server.get(url, { schema: listSchema, config }, async (request) => {
    const { offset: skipped = defaultOffset, limit = defaultLimit } = request.query;
    const page = { offset: skipped, limit: Math.max(1, limit) };
    const { rows, total } = await useCases.listInstances(callerOf(request), page);
    const shown = rows.slice(0, limit).map((one) => {
      const streams = one.own?.sent.logStreams ?? [];
      return {
        instance: {
          id: one.id,
          name: one.name,
          mode: modes[one.mode],
          datastore: { type: 'mongodb', version: one.datastoreVersion },
          status: one.status,
          enterprise_project_id: one.own?.sent.enterpriseProjectId ?? '0',
          actions: [...one.actions],
        },
        ...(streams.length === 0
          ? {}
          : {
              lts_configs: streams.map((stream) => ({
                log_type: stream.logType,
                lts_group_id: stream.groupId,
                lts_stream_id: stream.streamId,
                enabled: true,
              })),
            }),
      };
    });
    return { total_count: total, instance_lts_configs: shown };
  });
  server.post(url, { schema: setSchema, config }, async (request, reply) => {
    const streams = request.body.lts_configs.map((one) => ({
      instanceId: one.instance_id,
      logType: one.log_type,
      groupId: one.lts_group_id,
      streamId: one.lts_stream_id,
    }));
    await instances.setLogStreams(callerOf(request), streams);
    return reply.code(202).send();
  });
  server.delete(url, { schema: removeSchema, config }, async (request, reply) => {
    const streams = request.body.lts_configs.map((one) => ({ instanceId: one.instance_id, logType: one.log_type }));
    await instances.removeLogStreams(callerOf(request), streams);
    return reply.code(202).send();
  });
};
