import type { FastifyRequest } from 'fastify';
import type { ApiContext, ApiServer } from './context.ts';
import { idPattern } from './fields.ts';
import { rawPathOf } from './query.ts';

const changing: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
const longestPath = 512;
const mostSubjects = 20;
const isId = new RegExp(idPattern);
const isProjectId = /^[0-9a-f]{32}$/;

/**
 * Writes an audit entry for every request that changes something, done or refused, before its answer goes out. Where that fails the
 * answer still says what happened, and the log that the entry is missing.
 */
export function addAudit(server: ApiServer, { audit }: ApiContext): void {
  server.addHook('onSend', async (request, reply, payload) => {
    if (!changing.has(request.method) || request.is404 || request.routeOptions.url === undefined) return payload;
    if (request.routeOptions.config.access === 'refused') return payload;
    const { principal, refused } = request;
    const user = principal === null ? (refused?.user ?? null) : { id: principal.userId, name: principal.userName };
    try {
      await audit.record({
        projectId: projectOf(request),
        userId: user?.id ?? null,
        userName: user?.name ?? null,
        address: request.ip,
        method: request.method,
        path: rawPathOf(request.url).slice(0, longestPath),
        operation: operationOf(request),
        status: reply.statusCode,
        code: refused?.code ?? null,
        requestId: request.id,
        subjects: subjectsOf(request, payload),
      });
    } catch (error) {
      request.log.error({ err: error }, 'an audit entry could not be written');
    }
    return payload;
  });
}

/** The caller's project, or the one that somebody unknown tried to reach. */
function projectOf({ principal, params, routeOptions }: FastifyRequest): string | null {
  if (routeOptions.config.access === 'open' || routeOptions.config.access === 'user') return null;
  const { project_id: asked } = params as { project_id?: string };
  return principal?.project?.id ?? (asked !== undefined && isProjectId.test(asked) ? asked : null);
}

function operationOf({ routeOptions, method }: FastifyRequest): string {
  const { operationId } = (routeOptions.schema ?? {}) as { operationId?: string };
  return operationId ?? `${method} ${routeOptions.url}`;
}

/** The ids of the address, then of the body, then of the answer. A token has an id as well, which is a secret: those calls have none. */
function subjectsOf(request: FastifyRequest, payload: unknown): Record<string, string> {
  if (request.url.startsWith('/v3/auth/')) return {};
  const found = new Map<string, string>();
  collect(found, request.params, 0);
  collect(found, request.body, 0);
  if (typeof payload === 'string' && payload !== '') collect(found, JSON.parse(payload), 0);
  found.delete('project_id');
  return Object.fromEntries([...found].slice(0, mostSubjects));
}

function collect(found: Map<string, string>, value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value) || depth > 1) return;
  for (const [name, part] of Object.entries(value)) {
    if (typeof part !== 'string') collect(found, part, depth + 1);
    else if (/^(\w{1,40}_)?id$/.test(name) && isId.test(part) && !found.has(name)) found.set(name, part);
  }
}
