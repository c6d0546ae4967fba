import { createHash } from 'node:crypto';
import type { IdentityDeps } from './tokens.ts';

/** Identity.useSignature: the database decides between two at the same time. */
export async function useSignature(deps: IdentityDeps, access: string, signature: string, expires: Date): Promise<boolean> {
  const hash = createHash('sha256').update(`${access}\0${signature}`).digest('hex');
  const used = await deps.catalog.db
    .insertInto('used_signatures')
    .values({ hash, expires })
    .onConflict((conflict) => conflict.doNothing())
    .returning('hash')
    .executeTakeFirst();
  return used !== undefined;
}
