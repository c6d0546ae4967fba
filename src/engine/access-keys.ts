import { randomBytes, randomInt } from 'node:crypto';
import { LarderError } from '../core/errors.ts';
import type { EngineDeps } from './engine-deps.ts';
import { putRecord } from './records.ts';
import { sealedContexts } from './sealed-contexts.ts';
import type { Caller } from './use-cases.ts';

const accessAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** UseCases.createAccessKey. The secret is stored sealed and told only now. */
export async function createAccessKey(deps: EngineDeps, caller: Caller): Promise<{ access: string; secret: string }> {
  const access = Array.from({ length: 20 }, () => accessAlphabet[randomInt(accessAlphabet.length)]).join('');
  const secret = randomBytes(30).toString('base64url');
  const sealedSecret = deps.repository.sealSecret(secret, sealedContexts.accessKeySecret(access));
  const created = deps.clock.now();
  await putRecord(deps.repository, 'access-key', access, { userId: caller.userId, sealedSecret, created: created.toISOString() });
  await deps.catalog.db
    .insertInto('access_keys')
    .values({ access, user_id: caller.userId, sealed_secret: sealedSecret, created })
    .execute();
  return { access, secret };
}

/** UseCases.listAccessKeys: the caller's own, oldest first. */
export function listAccessKeys(deps: EngineDeps, caller: Caller): Promise<readonly { access: string; created: Date }[]> {
  return deps.catalog.db
    .selectFrom('access_keys')
    .select(['access', 'created'])
    .where('user_id', '=', caller.userId)
    .orderBy('created')
    .orderBy('access')
    .execute();
}

/** UseCases.deleteAccessKey. The record goes first: a key must not come back when the catalog is recovered. */
export async function deleteAccessKey(deps: EngineDeps, caller: Caller, access: string): Promise<void> {
  const { db } = deps.catalog;
  const own = await db
    .selectFrom('access_keys')
    .select('access')
    .where('access', '=', access)
    .where('user_id', '=', caller.userId)
    .executeTakeFirst();
  if (own === undefined) throw new LarderError('access-key-not-found', 'The access key does not exist.');
  await deps.repository.records.delete('access-key', access);
  await db.deleteFrom('access_keys').where('access', '=', access).execute();
}
