import { Type, type Static } from 'typebox';
import type { Token } from '../../engine/use-cases.ts';
import { formatTokenTime } from '../times.ts';
import { catalogSchema, type CatalogEntry } from './catalog-json.ts';

const named = Type.Object({ id: Type.String(), name: Type.String() });
const inDomain = Type.Object({ id: Type.String(), name: Type.String(), domain: named });

export const tokenSchema = Type.Object({
  token: Type.Object({
    methods: Type.Array(Type.String()),
    issued_at: Type.String(),
    expires_at: Type.String(),
    user: inDomain,
    roles: Type.Array(named),
    project: Type.Optional(inDomain),
    domain: Type.Optional(named),
    catalog: Type.Optional(catalogSchema),
  }),
});

/** A token as the identity service shows it; without a catalog where that is null. */
export function tokenJson(token: Token, catalog: readonly CatalogEntry[] | null): Static<typeof tokenSchema> {
  const { user, project, domain } = token;
  return {
    token: {
      methods: [...token.methods],
      issued_at: formatTokenTime(token.issuedAt),
      expires_at: formatTokenTime(token.expiresAt),
      user: { id: user.id, name: user.name, domain: { id: user.domain.id, name: user.domain.name } },
      roles: token.roles.map(({ id, name }) => ({ id, name })),
      ...(project === null
        ? {}
        : { project: { id: project.id, name: project.name, domain: { id: project.domain.id, name: project.domain.name } } }),
      ...(project === null && domain !== null ? { domain: { id: domain.id, name: domain.name } } : {}),
      ...(catalog === null ? {} : { catalog: [...catalog] }),
    },
  };
}
