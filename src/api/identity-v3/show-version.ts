import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { identityErrors } from '../fields.ts';
import { versionJson, versionSchema } from './version-json.ts';

const schema = {
  operationId: 'showVersion',
  summary: 'Show API version 3',
  tags: ['identity'],
  security: [],
  response: { 200: Type.Object({ version: versionSchema }), ...identityErrors },
};

/** `GET /v3` */
export const showVersion: Operation = (server) => {
  server.get('/v3', { schema, config: { access: 'open' } }, async (request) => ({ version: versionJson(request) }));
};
