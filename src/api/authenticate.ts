import { randomBytes } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { LarderError } from '../core/errors.ts';
import { neededAction, undeclared, type NeededAction } from './actions.ts';
import type { ApiContext, ApiServer } from './context.ts';
import { TransportError } from './errors.ts';
import { harmlessAgain } from './harmless-again.ts';
import { isIdentityPath } from './identity-paths.ts';
import { principalOf, type Access, type Principal } from './principal.ts';
import { isSignature, parseAuthorization } from './signing/parse-authorization.ts';
import { allowedSkew, verifySignature } from './signing/verify-signature.ts';
import { later } from './times.ts';

/**
 * Makes every route ask who sends the request, before its body is looked at. A token is checked before the body is even read; a
 * signature covers the raw bytes of the body and is checked once these are there. Routes and methods that do not exist are
 * refused here too, so that no body is read for them.
 */
export function addAuthentication(server: ApiServer, context: ApiContext): void {
  server.decorateRequest('principal', null);
  server.decorateRequest('refused', null);

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
    if (token !== '') {
      request.principal = await byToken(context, token, project);
      await authorize(context, request, request.principal, project);
    } else if (!isSignature(headerOf(request, 'authorization'))) {
      throw new LarderError('unauthenticated', 'Send a token in X-Auth-Token, or sign the request with an access key.');
    }
  });

  server.addHook('preValidation', async (request) => {
    const { access } = request.routeOptions.config;
    if (access === 'open' || request.principal !== null) return;
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const project = projectOfPath(request, access);
    request.principal = await bySignature(context, request, body, project);
    await authorize(context, request, request.principal, project);
  });

  server.addHook('preHandler', (request) => authorizeBody(context, request));
}

async function byToken(context: ApiContext, text: string, project: string | null): Promise<Principal> {
  const token = await context.identity.checkToken(text);
  if (project !== null) {
    requireProjectId(project);
    const details = { userId: token.user.id, userName: token.user.name };
    if (token.project === null) throw new LarderError('project-mismatch', 'The token is not scoped to a project.', { details });
    if (token.project.id !== project) throw new LarderError('project-mismatch', 'The token is of another project.', { details });
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
  const signed = { method: request.method, target: request.raw.url ?? '/', headers: request.headers };
  const now = context.clock.now();
  // A key that is unknown is refused in the words and after the work of one whose secret is wrong, so that nobody can find out
  // which keys there are.
  verifySignature(authorization, signed, body, key?.secret ?? randomBytes(30).toString('base64url'), now);
  if (key === null) throw new LarderError('internal', 'A signature by nobody was found to be good.');
  // A date that was accepted is refused from twice the allowed difference on, at the latest.
  const expires = later(now, 2 * allowedSkew);
  if (
    !harmlessAgain(request.method, request.routeOptions.url ?? '') &&
    !(await context.identity.useSignature(authorization.access, authorization.signature, expires))
  ) {
    throw new LarderError('bad-signature', 'verify aksk signature fail: this request was sent before; sign it anew.');
  }
  const principal = { userId: key.userId, userName: key.userName, domain: key.domain, project: null, token: null };
  if (project === null) return principal;
  requireProjectId(project);
  // X-Project-Id is not signed by every client, so the path alone names the project.
  const own = (await context.identity.listProjects(key.userId)).find(({ id }) => id === project);
  if (own === undefined) {
    const details = { userId: key.userId, userName: key.userName };
    throw new LarderError('project-mismatch', 'The access key is not for this project.', { details });
  }
  return { ...principal, project: { id: own.id, name: own.name } };
}

/**
 * `permission-denied`, naming the action, unless the caller's roles permit what the route needs. Of a route that needs less where
 * its body asks for less, the least.
 */
async function authorize(
  { identity }: ApiContext,
  request: FastifyRequest,
  principal: Principal,
  project: string | null,
): Promise<void> {
  const needed = neededOf(request);
  const { user_id: subject } = request.params as { user_id?: string };
  const own = typeof needed === 'object' && needed !== null && 'own' in needed;
  if (project === null && (needed === null || (own && subject === principal.userId))) return;
  const creates = typeof needed === 'object' && needed !== null && 'create' in needed;
  const action = needed === undefined ? undeclared : own ? needed.own : creates ? needed.create : needed;
  if (await identity.permits(principal, project, creates ? needed.fromBackup : action)) return;
  if (action === null) throw new LarderError('project-mismatch', 'The caller has no role in the project.');
  throw denied(action);
}

/** What `authorize` could not see before the body was read: an instance that is made from nothing needs more than one from a backup. */
async function authorizeBody({ identity }: ApiContext, request: FastifyRequest): Promise<void> {
  const needed = neededOf(request);
  if (typeof needed !== 'object' || needed === null || !('create' in needed)) return;
  const { restore_point: restorePoint } = (request.body ?? {}) as { restore_point?: unknown };
  if (restorePoint !== undefined && restorePoint !== null) return;
  const principal = principalOf(request);
  if (!(await identity.permits(principal, principal.project?.id ?? null, needed.create))) throw denied(needed.create);
}

function neededOf(request: FastifyRequest): NeededAction | undefined {
  return neededAction(request.method, request.routeOptions.url ?? '');
}

function denied(action: string): LarderError {
  return new LarderError('permission-denied', `${action}. Contact the administrator to obtain permission.`);
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
