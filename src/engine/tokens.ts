import { createHash, randomBytes } from 'node:crypto';
import type { CatalogHandle } from '../catalog/schema.ts';
import { LarderError } from '../core/errors.ts';
import type { EngineDeps } from './engine-deps.ts';
import { rolesIn, type FoundScope, type TokenUser } from './token-scope.ts';
import type { Named, Token } from './use-cases.ts';

export type IdentityDeps = Pick<EngineDeps, 'catalog' | 'repository' | 'clock'>;

const lifetimeMs = 24 * 60 * 60 * 1000;

/** What the catalog keeps of a token. The token is random enough that one round of hashing cannot be undone by guessing. */
const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

/** Makes a token for the user and stores its hash. It lives 24 hours, or until `notAfter` if that is earlier. */
export async function issueToken(
  deps: IdentityDeps,
  user: TokenUser,
  scope: FoundScope,
  methods: readonly string[],
  notAfter?: Date,
): Promise<Token & { readonly token: string }> {
  const token = randomBytes(48).toString('base64url');
  const issuedAt = deps.clock.now();
  const end = new Date(issuedAt.getTime() + lifetimeMs);
  const expiresAt = notAfter !== undefined && notAfter < end ? notAfter : end;
  await deps.catalog.db
    .insertInto('tokens')
    .values({
      hash: hashOf(token),
      user_id: user.id,
      project_id: scope.project?.id ?? null,
      domain_id: scope.domain?.id ?? null,
      methods: methods.join(' '),
      issued: issuedAt,
      expires: expiresAt,
    })
    .execute();
  const roles = await rolesOf(deps.catalog.db, user.id, scope);
  return { token, user, ...scope, roles, methods, issuedAt, expiresAt };
}

/** What a token stands for. `unauthenticated` if it is unknown, revoked or past its time. */
export async function readToken(deps: IdentityDeps, token: string): Promise<Token> {
  const { db } = deps.catalog;
  const row = await db
    .selectFrom('tokens as t')
    .innerJoin('users as u', 'u.id', 't.user_id')
    .innerJoin('domains as ud', 'ud.id', 'u.domain_id')
    .leftJoin('projects as p', 'p.id', 't.project_id')
    .leftJoin('domains as pd', 'pd.id', 'p.domain_id')
    .leftJoin('domains as d', 'd.id', 't.domain_id')
    .select(['t.methods', 't.issued', 't.expires', 'u.id as user_id', 'u.name as user_name'])
    .select(['ud.id as user_domain_id', 'ud.name as user_domain_name', 'p.id as project_id', 'p.name as project_name'])
    .select(['pd.id as project_domain_id', 'pd.name as project_domain_name', 'd.id as domain_id', 'd.name as domain_name'])
    .where('t.hash', '=', hashOf(token))
    .where('u.enabled', '=', true)
    .where((e) => e.or([e('t.project_id', 'is', null), e('p.enabled', '=', true)]))
    .executeTakeFirst();
  if (row === undefined || row.expires <= deps.clock.now()) {
    throw new LarderError('unauthenticated', 'The token is unknown, expired or revoked.');
  }
  const projectDomain = named(row.project_domain_id, row.project_domain_name);
  const project = named(row.project_id, row.project_name);
  const scope: FoundScope = {
    project: project && projectDomain && { ...project, domain: projectDomain },
    domain: named(row.domain_id, row.domain_name),
  };
  return {
    user: { id: row.user_id, name: row.user_name, domain: { id: row.user_domain_id, name: row.user_domain_name } },
    ...scope,
    roles: await rolesOf(db, row.user_id, scope),
    methods: row.methods.split(' '),
    issuedAt: row.issued,
    expiresAt: row.expires,
  };
}

/** The token is worth nothing from now on. Succeeds for one that never was. */
export async function revokeToken(deps: IdentityDeps, token: string): Promise<void> {
  await deps.catalog.db.deleteFrom('tokens').where('hash', '=', hashOf(token)).execute();
}

async function rolesOf(db: CatalogHandle, userId: string, scope: FoundScope): Promise<readonly Named[]> {
  const { project, domain } = scope;
  if (project !== null) return rolesIn(db, userId, [project.id, project.domain.id]);
  return domain === null ? [] : rolesIn(db, userId, [domain.id]);
}

function named(id: string | null, name: string | null): Named | null {
  return id === null || name === null ? null : { id, name };
}
