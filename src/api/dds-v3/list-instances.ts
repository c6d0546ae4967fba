import { Type } from 'typebox';
import { LarderError } from '../../core/errors.ts';
import type { InstanceFilter } from '../../engine/use-cases.ts';
import type { Operation } from '../context.ts';
import { ddsErrors, defaultLimit, defaultOffset, limit, mode, offset, projectParams, text } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { instanceJson, instanceSchema } from './instance-json.ts';

const schema = {
  operationId: 'listInstances',
  summary: 'List instances, newest first',
  tags: ['dds'],
  params: projectParams,
  querystring: Type.Object({
    id: Type.Optional(text),
    name: Type.Optional(text),
    mode: Type.Optional(mode),
    datastore_type: Type.Optional(text),
    vpc_id: Type.Optional(text),
    subnet_id: Type.Optional(text),
    tags: Type.Optional(Type.String({ maxLength: 4096 })),
    offset: Type.Optional(offset),
    limit: Type.Optional(limit),
    marker: Type.Optional(text),
  }),
  response: { 200: Type.Object({ instances: Type.Array(instanceSchema), total_count: Type.Integer() }), ...ddsErrors },
} as const;

/** `GET /v3/{project_id}/instances`; an unknown id is an empty list, the only answer that every client understands. */
export const listInstances: Operation = (server, { useCases, region }) => {
  server.get('/v3/:project_id/instances', { schema, config: { access: 'project' } }, async (request) => {
    const { query } = request;
    if (query.name === '*') throw new LarderError('invalid-instance-name', 'A search needs text after its `*`.');
    const filter: InstanceFilter = {
      offset: query.offset ?? defaultOffset,
      limit: query.limit ?? defaultLimit,
      ...(query.marker === undefined ? {} : { marker: query.marker }),
      ...(query.id === undefined ? {} : { id: query.id }),
      ...(query.name === undefined ? {} : { name: query.name }),
      ...(query.mode === undefined ? {} : { mode: query.mode }),
    };
    // No instance of ours has a network or tags, and all have one engine: these filters either match all or none.
    const otherEngine = query.datastore_type !== undefined && query.datastore_type !== 'DDS-Community';
    if (otherEngine || query.vpc_id !== undefined || query.subnet_id !== undefined || query.tags !== undefined) {
      return { instances: [], total_count: 0 };
    }
    const { rows, total } = await useCases.listInstances(callerOf(request), filter);
    return { instances: rows.map((instance) => instanceJson(instance, region)), total_count: total };
  });
};
