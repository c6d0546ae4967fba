import type { FastifyRequest } from 'fastify';
import { LarderError } from '../core/errors.ts';
import type { ApiContext, ApiServer } from './context.ts';
import { TransportError } from './errors.ts';
import { isIdentityPath } from './identity-paths.ts';
import type { Access, Principal } from './principal.ts';
import { isSignature, parseAuthorization } from './signing/parse-authorization.ts';
import { verifySignature } from './signing/verify-signature.ts';

/**
 * Makes every route ask who sends the request, before its body is looked at. A token is checked before the body is even read; a
 * signature covers the raw bytes of the body and is checked once these are there. Routes and methods that do not exist are
 * refused here too, so that no body is read for them.
 */
export function addAuthentication(server: ApiServer, context: ApiContext): void {
  server.decorateRequest('principal', null);

  server.addHook('onRequest', async (request, reply) => {
    if (request.is404) throw new LarderError('route-not-found', '');
    const { access, allow } = request.routeOptions.config;
    if (access === 'refused') {
      reply.header('Allow', allow?.join(', ') ?? '');
      throw new TransportError('method-not-allowed', `This address takes ${allow?.join(', ')}.`);
    }
    if (access === 'open') return;
    const project = projectOfPath(request, access);
    const token = headerOf(request, 'x-auth-token');
    if (token !== '') request.principal = await byToken(context, token, project);
    else if (!isSignature(headerOf(request, 'authorization'))) {
      throw new LarderError('unauthenticated', 'Send a token in X-Auth-Token, or sign the request with an access key.');
    }
  });

  server.addHook('preValidation', async (request) => {
    const { access } = request.routeOptions.config;
    if (access === 'open' || request.principal !== null) return;
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    request.principal = await bySignature(context, request, body, projectOfPath(request, access));
  });
}

async function byToken(context: ApiContext, text: string, project: string | null): Promise<Principal> {
  const token = await context.identity.checkToken(text);
  if (project !== null) {
    requireProjectId(project);
    if (token.project === null) throw new LarderError('project-mismatch', 'The token is not scoped to a project.');
    if (token.project.id !== project) throw new LarderError('project-mismatch', 'The token is of another project.');
  }
  return { userId: token.user.id, userName: token.user.name, domain: token.user.domain, project: token.project, token };
}

async function bySignature(
  context: ApiContext,
  request: FastifyRequest,
  body: Buffer,
  project: string | null,
): Promise<Principal> {
  const authorization = parseAuthorization(headerOf(request, 'authorization'));
  const key = await context.identity.findAccessKey(authorization.access);
  if (key === null) throw new LarderError('bad-signature', 'the access key does not exist.');
  const signed = { method: request.method, target: request.raw.url ?? '/', headers: request.headers };
  verifySignature(authorization, signed, body, key.secret, context.clock.now());
  const principal = { userId: key.userId, userName: key.userName, domain: key.domain, project: null, token: null };
  if (project === null) return principal;
  requireProjectId(project);
  // X-Project-Id is not signed by every client, so the path alone names the project.
  const own = (await context.identity.listProjects(key.userId)).find(({ id }) => id === project);
  if (own === undefined) throw new LarderError('project-mismatch', 'The access key is not for this project.');
  return { ...principal, project: { id: own.id, name: own.name } };
}

/** The project id of the path, or null where the operation is not about one. */
function projectOfPath(request: FastifyRequest, access: Access | undefined): string | null {
  if (access === 'user') return null;
  const { project_id: id } = request.params as { project_id?: string };
  // `/v3/auth/backups` fits the pattern of a project's backups but is a path of the identity service that does not exist.
  if (id === undefined || isIdentityPath(request.url)) throw new LarderError('route-not-found', '');
  return id;
}

function requireProjectId(id: string): void {
  if (!/^[0-9a-f]{32}$/.test(id)) throw new LarderError('invalid-project-id', 'It must be 32 hex digits, in lower case.');
}

function headerOf(request: FastifyRequest, name: string): string {
  return [request.headers[name] ?? ''].flat().join(', ').trim();
}
