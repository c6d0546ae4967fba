import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { identityErrors } from '../fields.ts';
import { versionJson, versionSchema } from './version-json.ts';

const schema = {
  operationId: 'listVersions',
  summary: 'List API versions',
  tags: ['identity'],
  security: [],
  response: { 200: Type.Object({ versions: Type.Array(versionSchema) }), ...identityErrors },
};

/** `GET /` */
export const listVersions: Operation = (server) => {
  server.get('/', { schema, config: { access: 'open' } }, async (request) => ({ versions: [versionJson(request)] }));
};
