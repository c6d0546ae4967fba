import { Type } from 'typebox';
import { LarderError } from '../../core/errors.ts';
import { checkTags } from '../../core/instance-rules.ts';
import { engineName } from '../../core/datastore-version.ts';
import type { Tag } from '../../core/own-instance.ts';
import type { InstanceFilter } from '../../engine/use-cases.ts';
import type { Operation } from '../context.ts';
import { ddsErrors, mode, pageFields, pageOf, projectParams, text } from '../fields.ts';
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
    ...pageFields,
    marker: Type.Optional(text),
  }),
  response: { 200: Type.Object({ instances: Type.Array(instanceSchema), total_count: Type.Integer() }), ...ddsErrors },
} as const;

/** `GET /v3/{project_id}/instances`; an unknown id is an empty list, the only answer that every client understands. */
export const listInstances: Operation = (server, { useCases, instances, region }) => {
  server.get('/v3/:project_id/instances', { schema, config: { access: 'project' } }, async (request) => {
    const { query } = request;
    if (query.name === '*') throw new LarderError('invalid-instance-name', 'A search needs text after its `*`.');
    const filter: InstanceFilter = {
      ...pageOf(query),
      ...(query.marker === undefined ? {} : { marker: query.marker }),
      ...(query.id === undefined ? {} : { id: query.id }),
      ...(query.name === undefined ? {} : { name: query.name }),
      ...(query.mode === undefined ? {} : { mode: query.mode }),
      ...(query.vpc_id === undefined ? {} : { vpcId: query.vpc_id }),
      ...(query.subnet_id === undefined ? {} : { subnetId: query.subnet_id }),
      ...(query.tags === undefined ? {} : { tags: readTags(query.tags) }),
    };
    // There is one engine: this filter matches all or none.
    if (query.datastore_type !== undefined && query.datastore_type !== engineName) return { instances: [], total_count: 0 };
    const { rows, total } = await useCases.listInstances(callerOf(request), filter);
    const used = await instances.usedBytes(rows);
    return {
      instances: rows.map((instance) => instanceJson(instance, { region, usedBytes: used.get(instance.id) ?? 0 })),
      total_count: total,
    };
  });
};

/** `k1=v1,k2=v2`; a value may be empty. */
function readTags(text: string): readonly Tag[] {
  return checkTags(
    text.split(',').map((pair) => {
      const at = pair.indexOf('=');
      return at < 0 ? { key: pair, value: '' } : { key: pair.slice(0, at), value: pair.slice(at + 1) };
    }),
  );
}
