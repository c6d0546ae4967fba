import { Type } from 'typebox';
import { zoneOf } from '../../core/availability-zone.ts';
import { engineName } from '../../core/datastore-version.ts';
import { LarderError } from '../../core/errors.ts';
import type { Operation } from '../context.ts';
import { ddsErrors, projectParams, text } from '../fields.ts';

const noPools = Type.Array(Type.Object({}), { description: 'Dedicated pools, of which Larder has none' });

const schema = {
  operationId: 'listStorageTypes',
  summary: 'List storage types',
  tags: ['dds'],
  params: projectParams,
  querystring: Type.Object({ engine_name: Type.Optional(text) }),
  response: {
    200: Type.Object({
      storage_type: Type.Array(Type.Object({ name: Type.String(), az_status: Type.Record(Type.String(), Type.String()) })),
      dss_pool_info: noPools,
      dsspool_info: noPools,
    }),
    ...ddsErrors,
  },
} as const;

/** `GET /v3/{project_id}/storage-type`; the documentation names the pools in two ways, and clients read one of them. */
export const listStorageTypes: Operation = (server, { region }) => {
  server.get('/v3/:project_id/storage-type', { schema, config: { access: 'project' } }, async (request) => {
    const { engine_name: engine } = request.query;
    if (engine !== undefined && engine !== engineName)
      throw new LarderError('unknown-engine', `The only engine is ${engineName}.`);
    return {
      storage_type: [{ name: 'ULTRAHIGH', az_status: { [zoneOf(region)]: 'normal' } }],
      dss_pool_info: [],
      dsspool_info: [],
    };
  });
};
