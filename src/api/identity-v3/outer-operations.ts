import { Type } from 'typebox';
import type { FastifyReply, FastifyRequest, FastifySchema, HTTPMethods } from 'fastify';
import { LarderError } from '../../core/errors.ts';
import type { KeystoneAnswer } from '../../engine/keystone/keystone-client.ts';
import type { OuterIdentity } from '../../engine/keystone/keystone-identity.ts';
import type { Operation } from '../context.ts';
import { idPattern, identityErrors } from '../fields.ts';
import { rawQueryOf } from '../query.ts';
import { listVersions } from './list-versions.ts';
import { showVersion } from './show-version.ts';

/** What clients ask the identity service before they reach DDS; by the path below /v3. */
const relayed: readonly (readonly [method: 'GET' | 'POST' | 'DELETE', path: string, operationId: string, summary: string])[] = [
  ['POST', '/auth/tokens', 'createToken', 'Get a token from the outer Keystone'],
  ['GET', '/auth/tokens', 'showToken', 'Check a token with the outer Keystone'],
  ['DELETE', '/auth/tokens', 'revokeToken', 'Revoke a token at the outer Keystone'],
  ['GET', '/auth/catalog', 'showCatalog', 'Show the service catalog of the outer Keystone'],
  ['GET', '/auth/projects', 'listAuthProjects', 'List the projects that the caller may use'],
  ['GET', '/auth/domains', 'listAuthDomains', 'List the domains that the caller may use'],
  ['GET', '/projects', 'listProjects', 'List projects of the outer Keystone'],
  ['GET', '/projects/:id', 'showProject', 'Show a project of the outer Keystone'],
];

/** What the outer Keystone's own clients are for. */
const managedElsewhere: readonly (readonly [methods: readonly HTTPMethods[], path: string])[] = [
  [['POST'], '/projects'],
  [['PATCH', 'DELETE'], '/projects/:id'],
  [['GET', 'POST'], '/users'],
  [['GET', 'PATCH', 'DELETE'], '/users/:user_id'],
  [['POST'], '/users/:user_id/password'],
  [['GET', 'POST'], '/roles'],
  [['GET', 'PATCH', 'DELETE'], '/roles/:role_id'],
  [['GET'], '/domains'],
  [['GET'], '/domains/:id'],
  [['GET'], '/projects/:scope_id/users/:user_id/roles'],
  [['GET', 'PUT', 'DELETE'], '/projects/:scope_id/users/:user_id/roles/:role_id'],
];

const passedOn = ['x-auth-token', 'x-subject-token'] as const;
const passedBack = ['x-subject-token', 'vary', 'www-authenticate', 'openstack-auth-receipt'] as const;

const anything = Type.Object({}, { additionalProperties: true });

/**
 * The identity calls where an outer Keystone is the authority: what clients need is handed on to it and its answer back as it came, so
 * that whatever it can do (second factors, application credentials) works; what manages users, projects and roles is refused.
 */
export function outerIdentityOperations(outer: OuterIdentity): readonly Operation[] {
  const relay: Operation = (server) => {
    for (const [method, path, operationId, summary] of relayed) {
      const success = { POST: 201, GET: 200, DELETE: 204 }[method];
      const schema: FastifySchema & Readonly<Record<string, unknown>> = {
        operationId,
        summary,
        tags: ['identity'],
        ...(method === 'POST' ? { body: anything, security: [] } : {}),
        response: { [success]: method === 'DELETE' ? Type.Null() : anything, ...identityErrors },
      };
      server.route({
        method,
        url: `/v3${path}`,
        schema,
        // The outer Keystone checks who asks.
        config: { access: 'open' },
        handler: (request, reply) => handOn(outer, request, reply, path),
      });
    }
  };
  const refuse: Operation = (server) => {
    for (const [methods, path] of managedElsewhere) {
      server.route({
        method: [...methods],
        url: `/v3${path}`,
        schema: { hide: true },
        config: { access: 'open' },
        handler: async () => {
          throw new LarderError('unsupported-operation', 'Users, projects and roles are managed at the outer Keystone.');
        },
      });
    }
  };
  return [listVersions, showVersion, relay, refuse];
}

async function handOn(outer: OuterIdentity, request: FastifyRequest, reply: FastifyReply, path: string): Promise<FastifyReply> {
  const { id } = request.params as { id?: string };
  if (id !== undefined && !new RegExp(idPattern).test(id)) {
    throw new LarderError('project-not-found', 'The project does not exist.');
  }
  const query = rawQueryOf(request.url);
  const headers: Record<string, string> = {};
  for (const name of passedOn) {
    const value = request.headers[name];
    if (typeof value === 'string') headers[name] = value;
  }
  const hasBody = request.method === 'POST';
  if (hasBody) headers['content-type'] = 'application/json';
  const answer = await outer.relay({
    method: request.method,
    path: path.replace(':id', id ?? '') + (query === '' ? '' : `?${query}`),
    headers,
    ...(hasBody ? { body: JSON.stringify(withDomain(request.body)) } : {}),
  });
  noteUser(outer, request, answer);
  if (request.method === 'DELETE' && headers['x-subject-token'] !== undefined) outer.forget(headers['x-subject-token']);
  for (const name of passedBack) {
    const value = answer.headers.get(name);
    if (value !== null) reply.header(name, value);
  }
  reply.code(answer.status);
  if (answer.body === '') return reply.send();
  return reply.header('Content-Type', answer.headers.get('content-type') ?? 'application/json').send(answer.body);
}

/** Some clients name a project without its domain and mean the user's, as Larder's own identity takes it; Keystone would refuse that. */
function withDomain(body: unknown): unknown {
  const at = (value: unknown, ...names: readonly string[]): unknown =>
    names.reduce(
      (of, name) => (typeof of === 'object' && of !== null ? (of as Record<string, unknown>)[name] : undefined),
      value,
    );
  const project = at(body, 'auth', 'scope', 'project');
  const domain = at(body, 'auth', 'identity', 'password', 'user', 'domain');
  if (domain === undefined || at(project, 'name') === undefined || at(project, 'domain') !== undefined) return body;
  const { auth } = body as { auth: object };
  return { auth: { ...auth, scope: { project: { ...(project as object), domain } } } };
}

/** Whose token it is, for the audit log. */
function noteUser(outer: OuterIdentity, request: FastifyRequest, answer: KeystoneAnswer): void {
  const user = request.method === 'POST' && answer.status === 201 ? outer.userOf(answer) : null;
  if (user === null) return;
  request.principal = { userId: user.id, userName: user.name, domain: user.domain, project: null, token: null };
}
