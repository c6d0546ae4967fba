import type { Metrics } from '../engine/metrics.ts';
import type { ApiServer } from './context.ts';

/** Methods by name; whatever else somebody sends is one of the others. */
const known: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Tells the metrics of every answer, by the operation's name: addresses hold ids and would be too many. */
export function measureRequests(server: ApiServer, metrics: Pick<Metrics, 'answered'> | undefined): void {
  if (metrics === undefined) return;
  server.addHook('onResponse', async (request, reply) => {
    const { operationId = 'none' } = (request.routeOptions.schema ?? {}) as { operationId?: string };
    const method = known.has(request.method) ? request.method : 'other';
    metrics.answered({ operation: operationId, method, status: reply.statusCode, seconds: reply.elapsedTime / 1000 });
  });
}
