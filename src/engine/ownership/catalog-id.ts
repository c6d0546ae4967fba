import type { EngineDeps } from '../engine-deps.ts';
import { newHexId } from '../new-id.ts';

/** The random id that the catalog got when it was first asked for it, and keeps. Servers that share a catalog get the same one. */
export async function catalogIdOf({ db }: Pick<EngineDeps['catalog'], 'db'>): Promise<string> {
  await db
    .insertInto('catalog_id')
    .values({ only: true, id: newHexId() })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return (await db.selectFrom('catalog_id').select('id').executeTakeFirstOrThrow()).id;
}
