import { sealedContexts } from './sealed-contexts.ts';
import type { IdentityDeps } from './tokens.ts';
import type { Identity } from './use-cases.ts';

/** Identity.findAccessKey. `object-corrupt` if the sealed secret does not open. */
export async function findAccessKey(deps: IdentityDeps, access: string): ReturnType<Identity['findAccessKey']> {
  const row = await deps.catalog.db
    .selectFrom('access_keys as k')
    .innerJoin('users as u', 'u.id', 'k.user_id')
    .innerJoin('domains as d', 'd.id', 'u.domain_id')
    .select(['k.sealed_secret', 'u.id as user_id', 'u.name as user_name', 'd.id as domain_id', 'd.name as domain_name'])
    .where('k.access', '=', access)
    .where('u.enabled', '=', true)
    .executeTakeFirst();
  if (row === undefined) return null;
  return {
    secret: deps.repository.openSecret(row.sealed_secret, sealedContexts.accessKeySecret(access)),
    userId: row.user_id,
    userName: row.user_name,
    domain: { id: row.domain_id, name: row.domain_name },
  };
}
