import { Type } from 'typebox';
import { engineName } from '../../core/datastore-version.ts';
import { LarderError } from '../../core/errors.ts';
import type { Operation } from '../context.ts';
import { ddsErrors, projectParams, text } from '../fields.ts';

const schema = {
  operationId: 'listDatastoreVersions',
  summary: 'List the versions of which instances can be created',
  tags: ['dds'],
  params: Type.Object({ ...projectParams.properties, datastore_name: text }),
  response: { 200: Type.Object({ versions: Type.Array(Type.String()) }), ...ddsErrors },
} as const;

/** `GET /v3/{project_id}/datastores/{datastore_name}/versions` */
export const listDatastoreVersions: Operation = (server, { instances }) => {
  const url = '/v3/:project_id/datastores/:datastore_name/versions';
  server.get(url, { schema, config: { access: 'project' } }, async (request) => {
    if (request.params.datastore_name !== engineName) {
      throw new LarderError('unknown-engine', `The only engine is ${engineName}.`);
    }
    return { versions: [...(await instances.versions())] };
  });
};
