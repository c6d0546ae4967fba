import { Type } from 'typebox';
import { LarderError } from '../../core/errors.ts';
import { checkTagKey, checkTagValue, isObject, readWhole } from '../../core/instance-rules.ts';
import type { TagFilter } from '../../engine/instances/instances.ts';
import type { Operation } from '../context.ts';
import { ddsErrors, defaultLimit, defaultOffset, projectParams } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { ruled } from './instance-call.ts';

const found = Type.Object({
  instance_id: Type.String(),
  instance_name: Type.String(),
  tags: Type.Array(Type.Object({ key: Type.String(), value: Type.String() })),
});

const schema = {
  operationId: 'findInstancesByTags',
  summary: 'Find or count the instances with some tags',
  tags: ['dds'],
  params: projectParams,
  body: Type.Object({
    action: ruled('filter or count'),
    offset: ruled('rows to skip'),
    limit: ruled('rows from 1 to 100'),
    tags: ruled('{key, values}: any of the values, any value where there are none; at most 20'),
    matches: ruled('{key, value}: instance_id is the value, or instance_name holds it'),
  }),
  response: {
    200: Type.Object({ instances: Type.Optional(Type.Array(found)), total_count: Type.Integer() }),
    ...ddsErrors,
  },
} as const;

/** `POST /v3/{project_id}/instances/action` */
export const findByTags: Operation = (server, { instances }) => {
  server.post('/v3/:project_id/instances/action', { schema, config: { access: 'project' } }, async (request) => {
    const { action, ...body } = request.body;
    if (action !== 'filter' && action !== 'count') throw new LarderError('malformed-request', 'action must be filter or count.');
    const { rows, total } = await instances.findByTags(callerOf(request), readFilter(body));
    if (action === 'count') return { total_count: total };
    return {
      instances: rows.map(({ id, name, tags }) => ({ instance_id: id, instance_name: name, tags: [...tags] })),
      total_count: total,
    };
  });
};

function readFilter(body: Readonly<Record<string, unknown>>): TagFilter {
  const offset = body['offset'] === undefined || body['offset'] === null ? defaultOffset : readWhole(body['offset']);
  if (offset === null || offset > 2_147_483_647)
    throw new LarderError('invalid-offset', 'offset must be a number of rows to skip.');
  const limit = body['limit'] === undefined || body['limit'] === null ? defaultLimit : readWhole(body['limit']);
  if (limit === null || limit < 1 || limit > 100)
    throw new LarderError('invalid-limit', 'limit must be a number of rows from 1 to 100.');
  const tags = arrayOf(body['tags'], 'tags').map((tag) => ({
    key: checkTagKey(tag['key']),
    values: valuesOf(tag['values']).map(checkTagValue),
  }));
  if (tags.length > 20) throw new LarderError('too-many-tags', 'At most 20 tags can be asked for.');
  const matches = new Map(arrayOf(body['matches'], 'matches').map(({ key, value }) => [key, value]));
  for (const [key, value] of matches) {
    if ((key !== 'instance_id' && key !== 'instance_name') || typeof value !== 'string' || /[\0\p{Cs}]/u.test(value)) {
      throw new LarderError('malformed-request', 'matches must have instance_id or instance_name as key, and text as value.');
    }
  }
  const [id, name] = [matches.get('instance_id'), matches.get('instance_name')];
  return {
    tags,
    offset,
    limit,
    ...(typeof id === 'string' ? { instanceId: id } : {}),
    ...(typeof name === 'string' ? { instanceName: name } : {}),
  };
}

function arrayOf(value: unknown, name: string): readonly Readonly<Record<string, unknown>>[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every(isObject)) return value;
  throw new LarderError('malformed-request', `${name} must be an array of objects.`);
}

function valuesOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw new LarderError('malformed-request', 'tags.values must be an array.');
}
