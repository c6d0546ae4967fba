import type { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { ddsErrors, projectParams } from '../fields.ts';

const schema = {
  operationId: 'downloadLog',
  summary: 'Download lines of the log of a server by their link',
  tags: ['larder'],
  security: [],
  params: Type.Object({ ...projectParams.properties, file: Type.String({ description: 'the name of the file of a link' }) }),
  querystring: Type.Object({ token: Type.Optional(Type.String()) }),
  response: {
    200: {
      description: 'Lines of the log as the server wrote them, each an object in JSON',
      content: { 'text/plain': { schema: { type: 'string' } } },
    },
    ...ddsErrors,
  },
} as const;

/** `GET /larder/v1/{project_id}/server-logs/{file}?token=...`: the link of `createSlowLogLinks` and `createErrorLogLinks`. */
export const downloadLog: Operation = (server, { instances }) => {
  server.get('/larder/v1/:project_id/server-logs/:file', { schema, config: { access: 'open' } }, async (request, reply) => {
    const { project_id: projectId, file } = request.params;
    const lines = await instances.downloadLog(projectId, file, request.query.token ?? '');
    return send(reply, lines, file);
  });
};

function send(reply: FastifyReply, lines: Readable, file: string): FastifyReply {
  return reply
    .header('Content-Type', 'text/plain; charset=utf-8')
    .header('Content-Disposition', `attachment; filename="${file}"`)
    .header('Cache-Control', 'no-store')
    .send(lines);
}
