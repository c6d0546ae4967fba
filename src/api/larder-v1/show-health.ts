import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { ddsErrors } from '../fields.ts';

const schema = {
  operationId: 'showHealth',
  summary: 'Say that the server answers, and its version',
  tags: ['larder'],
  security: [],
  response: { 200: Type.Object({ status: Type.Literal('ok'), version: Type.String() }), ...ddsErrors },
};

/** `GET /larder/v1/health` */
export const showHealth: Operation = (server, { version }) => {
  server.get('/larder/v1/health', { schema, config: { access: 'open' } }, async () => ({ status: 'ok' as const, version }));
};
