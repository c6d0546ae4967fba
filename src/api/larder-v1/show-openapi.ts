import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { ddsErrors } from '../fields.ts';

const schema = {
  operationId: 'showOpenapi',
  summary: 'This description of the API',
  tags: ['larder'],
  security: [],
  response: { 200: Type.Object({ openapi: Type.String() }, { additionalProperties: true }), ...ddsErrors },
};

/** `GET /larder/v1/openapi.json` */
export const showOpenapi: Operation = (server) => {
  server.get('/larder/v1/openapi.json', { schema, config: { access: 'open' } }, async (_request, reply) => {
    return reply.send({ ...server.swagger(), openapi: '3.1.0' });
  });
};
