import type { CatalogTransaction } from '../../catalog/schema.ts';
import { putRecord } from '../records.ts';
import type { IdentityDeps } from '../tokens.ts';
import type { Named } from '../use-cases.ts';

export type OuterProject = Named & { readonly domain: Named };

/**
 * Sees to it that a project of the outer Keystone is one of Larder's, with its id and its name there as they are now. It and its domain
 * are in the repository before the promise resolves. Repeating it, also on several servers at the same time, is harmless.
 */
export function projectKeeper(deps: IdentityDeps): (project: OuterProject) => Promise<void> {
  const kept = new Map<string, string>();
  return async (project) => {
    if (kept.get(project.id) === project.name) return;
    await deps.catalog.db.transaction().execute((trx) => keep(deps, trx, project));
    kept.set(project.id, project.name);
  };
}

async function keep(deps: IdentityDeps, trx: CatalogTransaction, { id, name, domain }: OuterProject): Promise<void> {
  const found = await trx.selectFrom('projects').selectAll().where('id', '=', id).executeTakeFirst();
  if (found?.name === name) return;
  await keepDomain(deps, trx, domain);
  // A project of Larder's own, or one that was renamed since, may have the name.
  const free = await nameIsFree(trx, domain.id, name);
  const own = free ? name : `${name} (${id})`;
  if (found?.name === own) return;
  const created = found?.created ?? deps.clock.now();
  await putRecord(deps.repository, 'project', id, { domainId: domain.id, name: own, created: created.toISOString() });
  await trx
    .insertInto('projects')
    .values({ id, domain_id: domain.id, name: own, created })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ name: own }))
    .execute();
}

async function keepDomain(deps: IdentityDeps, trx: CatalogTransaction, { id, name }: Named): Promise<void> {
  const found = await trx.selectFrom('domains').select('id').where('id', '=', id).executeTakeFirst();
  if (found !== undefined) return;
  const taken = await trx.selectFrom('domains').select('id').where('name', '=', name).executeTakeFirst();
  const own = taken === undefined ? name : `${name} (${id})`;
  await putRecord(deps.repository, 'domain', id, { name: own });
  await trx
    .insertInto('domains')
    .values({ id, name: own })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

async function nameIsFree(trx: CatalogTransaction, domainId: string, name: string): Promise<boolean> {
  const query = trx.selectFrom('projects').select('id').where('domain_id', '=', domainId).where('name', '=', name);
  return (await query.executeTakeFirst()) === undefined;
}
