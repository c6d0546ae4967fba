import { sql } from 'kysely';
import type { Catalog } from './open-catalog.ts';

/** Any number that nothing else in the database locks. */
const lockNumber = 7_316_502_114;

/**
 * Does the work while no other server on the same catalog does such work; the others wait. It may use the catalog: the lock is held by a
 * transaction of its own, and goes with it. The embedded catalog has no other servers.
 */
export async function oneAtATime<T>(catalog: Pick<Catalog, 'db' | 'kind'>, work: () => Promise<T>): Promise<T> {
  if (catalog.kind === 'embedded') return work();
  return catalog.db.transaction().execute(async (trx) => {
    await sql`SELECT pg_advisory_xact_lock(${lockNumber})`.execute(trx);
    return work();
  });
}
