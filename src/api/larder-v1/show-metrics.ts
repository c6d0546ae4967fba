import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { LarderError } from '../../core/errors.ts';
import type { Operation } from '../context.ts';
import { ddsErrors } from '../fields.ts';

const schema = {
  operationId: 'showMetrics',
  summary: "Show figures in Prometheus' text format: with the token of the settings, or to this machine only",
  tags: ['larder'],
  security: [],
  response: { 200: { content: { 'text/plain': { schema: Type.String() } } }, ...ddsErrors },
};

/** What a proxy adds: then the request may come from anywhere. */
const forwarded = ['forwarded', 'x-forwarded-for', 'x-real-ip'];

/** `GET /larder/v1/metrics` */
export const showMetrics: Operation = (server, { metrics }) => {
  server.get('/larder/v1/metrics', { schema, config: { access: 'open' } }, async (request, reply) => {
    if (metrics === undefined) throw new LarderError('route-not-found', '');
    checkReader(request, metrics.token);
    const text = await metrics.source.text();
    return reply.header('Content-Type', metrics.source.contentType).serializer(String).send(text);
  });
};

/** Names of instances and how they stand are nobody else's business. `unauthenticated`, `forbidden`. */
function checkReader(request: FastifyRequest, token: string | null): void {
  if (token !== null) {
    const [, given] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
    if (given === undefined || !same(given, token))
      throw new LarderError('unauthenticated', 'Send the metrics token as Authorization: Bearer.');
    return;
  }
  const local = /^(127\.|::1$|::ffff:127\.)/.test(request.socket.remoteAddress ?? '');
  if (!local || forwarded.some((name) => request.headers[name] !== undefined))
    throw new LarderError('forbidden', 'Without LARDER_METRICS_TOKEN metrics are for this machine only.');
}

function same(a: string, b: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}
