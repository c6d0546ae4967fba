import { checkAccountDescription, checkAccountName, checkNewPassword } from '../core/account-names.ts';
import type { CatalogHandle } from '../catalog/schema.ts';
import { LarderError } from '../core/errors.ts';
import { changeDirectory, recordUser, userRecord, type UserRow } from './directory-change.ts';
import type { Directory, User } from './directory.ts';
import { newHexId } from './new-id.ts';
import { checkPassword, hashPassword } from './passwords.ts';
import { putRecord } from './records.ts';
import type { IdentityDeps } from './tokens.ts';

type Users = Pick<Directory, 'listUsers' | 'showUser' | 'createUser' | 'updateUser' | 'deleteUser' | 'changeOwnPassword'>;

/** No password has this hash, so nobody logs in with one. */
const noPassword = 'none';

/** The part of the Directory that is about users. */
export function createUsers(deps: IdentityDeps): Users {
  const { db } = deps.catalog;

  return {
    async listUsers(domainId, filter = {}) {
      let query = db.selectFrom('users').selectAll().where('domain_id', '=', domainId);
      if (filter.name !== undefined) query = query.where('name', '=', filter.name);
      if (filter.enabled !== undefined) query = query.where('enabled', '=', filter.enabled);
      return (await query.orderBy('name').execute()).map(userFromRow);
    },

    showUser: async (domainId, userId) => userFromRow(await findUser(db, domainId, userId)),

    async createUser(domainId, user) {
      const row: UserRow = {
        id: newHexId(),
        domain_id: domainId,
        name: checkAccountName(user.name),
        password_hash: user.password === undefined ? noPassword : await hashPassword(checkNewPassword(user.password)),
        created: deps.clock.now(),
        enabled: user.enabled ?? true,
        description: checkAccountDescription(user.description ?? ''),
      };
      return changeDirectory(deps, domainId, async (trx) => {
        const inserted = await trx
          .insertInto('users')
          .values(row)
          .onConflict((conflict) => conflict.doNothing())
          .returning('id')
          .executeTakeFirst();
        if (inserted === undefined) throw nameTaken();
        await putRecord(deps.repository, 'user', row.id, userRecord(row, []));
        return userFromRow(row);
      });
    },

    async updateUser(domainId, userId, { name, password, description, enabled }) {
      // Slow on purpose, so not while others wait for the lock.
      const hash = password === undefined ? undefined : await hashPassword(checkNewPassword(password));
      const set = {
        ...(name === undefined ? {} : { name: checkAccountName(name) }),
        ...(hash === undefined ? {} : { password_hash: hash }),
        ...(description === undefined ? {} : { description: checkAccountDescription(description) }),
        ...(enabled === undefined ? {} : { enabled }),
      };
      return changeDirectory(deps, domainId, async (trx) => {
        const before = await findUser(trx, domainId, userId);
        if (name !== undefined && name !== before.name) {
          const other = await trx
            .selectFrom('users')
            .select('id')
            .where('domain_id', '=', domainId)
            .where('name', '=', name)
            .executeTakeFirst();
          if (other !== undefined) throw nameTaken();
        }
        if (Object.keys(set).length > 0) await trx.updateTable('users').set(set).where('id', '=', userId).execute();
        if (hash !== undefined || enabled === false) await trx.deleteFrom('tokens').where('user_id', '=', userId).execute();
        return userFromRow(await recordUser(deps, trx, userId));
      });
    },

    async deleteUser(domainId, userId) {
      const keys = await changeDirectory(deps, domainId, async (trx) => {
        await findUser(trx, domainId, userId);
        const owned = await trx.selectFrom('access_keys').select('access').where('user_id', '=', userId).execute();
        await trx.deleteFrom('users').where('id', '=', userId).execute();
        return owned;
      });
      // A user who is still in the repository when this fails comes back only with a catalog that was lost as well.
      await deps.repository.records.delete('user', userId);
      for (const { access } of keys) await deps.repository.records.delete('access-key', access);
    },

    async changeOwnPassword(userId, { original, password }) {
      const row = await db.selectFrom('users').selectAll().where('id', '=', userId).executeTakeFirst();
      if (!(await checkPassword(original, row?.password_hash ?? null)) || row === undefined) {
        throw new LarderError('wrong-credentials', 'The password before is another.');
      }
      const hash = await hashPassword(checkNewPassword(password));
      await changeDirectory(deps, row.domain_id, async (trx) => {
        // Of two changes at the same time the second one no longer knows the password.
        const changed = await trx
          .updateTable('users')
          .set({ password_hash: hash })
          .where('id', '=', userId)
          .where('password_hash', '=', row.password_hash)
          .returning('id')
          .executeTakeFirst();
        if (changed === undefined) throw new LarderError('wrong-credentials', 'The password before is another.');
        await trx.deleteFrom('tokens').where('user_id', '=', userId).execute();
        await recordUser(deps, trx, userId);
      });
    },
  };
}

/** The domain's user, or `user-not-found`. */
export async function findUser(db: CatalogHandle, domainId: string, userId: string): Promise<UserRow> {
  const row = await db
    .selectFrom('users')
    .selectAll()
    .where('id', '=', userId)
    .where('domain_id', '=', domainId)
    .executeTakeFirst();
  if (row === undefined) throw new LarderError('user-not-found', 'The user does not exist.');
  return row;
}

function userFromRow(row: UserRow): User {
  const { id, name, enabled, description, created } = row;
  return { id, name, domainId: row.domain_id, enabled, description, created };
}

function nameTaken(): LarderError {
  return new LarderError('name-taken', 'Another user has this name.');
}
