import { LogController } from 'fastify';
import type { ApiServer } from './context.ts';

/** Where secrets can stand in what is logged; give it to every logger that sees requests. */
export const redactedPaths = [
  'authorization',
  'password',
  'secret',
  'uri',
  '*.authorization',
  '*.password',
  '*.secret',
  '*.uri',
  '*["x-auth-token"]',
  '*["x-subject-token"]',
  'headers["x-auth-token"]',
  'headers["x-subject-token"]',
  'headers.authorization',
  '*.headers.authorization',
  '*.headers["x-auth-token"]',
  '*.headers["x-subject-token"]',
  '*.headers["x-security-token"]',
  'body',
  '*.body',
];

/** Fastify's own two lines per request stay away; `addRequestLog` writes one. */
export const quietLogController = new LogController({ disableRequestLogging: true });

/** One line per answer: what was asked, of which project, by whom, the status and the milliseconds. Never headers, never a body. */
export function addRequestLog(server: ApiServer): void {
  server.addHook('onResponse', async (request, reply) => {
    const { principal, method } = request;
    request.log.info(
      {
        method,
        route: request.routeOptions.url ?? null,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
        ...(principal === null ? {} : { user: principal.userId, project: principal.project?.id ?? null }),
      },
      'request',
    );
  });
}
