import { LarderError } from '../../src/core/errors.ts';
import type { Identity, Scope, Token } from '../../src/engine/use-cases.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { accessKey, domain, otherProjectId, password, projects, user } from './fake-facts.ts';

export interface FakeIdentity {
  readonly identity: Identity;
  /** A token of the given scope, good for a day of the clock. */
  issue(scope: Scope, methods: readonly string[]): Token & { readonly token: string };
}

/** Identity in memory: one user, two projects; tokens are never forgotten, but revoked. */
export function createFakeIdentity(clock: Clock, calls: { readonly name: string; readonly request: unknown }[]): FakeIdentity {
  const tokens = new Map<string, Token & { readonly token: string }>();
  let serial = 0;
  const issue = (scope: Scope, methods: readonly string[]): Token & { readonly token: string } => {
    const project = scope.kind === 'project' ? findProject(scope) : null;
    const text = `token-${++serial}`;
    const token = {
      token: text,
      user,
      project: project === null ? null : { id: project.id, name: project.name, domain },
      domain: scope.kind === 'domain' ? domain : null,
      roles: [{ id: 'r1', name: 'te_admin' }],
      methods,
      issuedAt: clock.now(),
      expiresAt: new Date(clock.now().getTime() + 86_400_000),
    };
    tokens.set(text, token);
    return token;
  };

  const signatures = new Set<string>();
  const identity: Identity = {
    async loginWithPassword(login, scope) {
      calls.push({ name: 'loginWithPassword', request: { login, scope } });
      const known = 'id' in login.user ? login.user.id === user.id : login.user.name === user.name;
      if (!known || login.password !== password)
        throw new LarderError('wrong-credentials', known ? 'wrong password' : 'unknown user');
      return issue(scope, ['password']);
    },
    async loginWithToken(token, scope) {
      calls.push({ name: 'loginWithToken', request: { token, scope } });
      if (!tokens.has(token)) throw new LarderError('unauthenticated', 'The token is unknown.');
      return issue(scope, ['token']);
    },
    async checkToken(text) {
      const token = tokens.get(text);
      if (token === undefined) throw new LarderError('unauthenticated', 'The token is unknown.');
      if (token.expiresAt <= clock.now()) throw new LarderError('unauthenticated', 'The token has expired.');
      return token;
    },
    async revokeToken(token) {
      tokens.delete(token);
    },
    async findAccessKey(access) {
      if (access !== accessKey.access) return null;
      return { secret: accessKey.secret, userId: user.id, userName: user.name, domain };
    },
    async useSignature(access, signature) {
      const before = signatures.size;
      return signatures.add(`${access} ${signature}`).size > before;
    },
    async permits() {
      return true;
    },
    async listProjects(_userId, name) {
      return projects.filter((project) => name === undefined || project.name === name);
    },
    async listDomains(_userId, name) {
      return [domain].filter((one) => name === undefined || one.name === name);
    },
  };
  return { identity, issue };
}

function findProject(scope: Extract<Scope, { kind: 'project' }>): (typeof projects)[number] {
  const { project: wanted } = scope;
  const project =
    'id' in wanted && wanted.id === otherProjectId
      ? { id: otherProjectId, name: 'eu-de_other', domainId: domain.id, description: '' }
      : projects.find(({ id, name }) => ('id' in wanted ? id === wanted.id : name === wanted.name));
  if (project === undefined) throw new LarderError('project-not-found', 'There is no such project.');
  return project;
}
