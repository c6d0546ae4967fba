import type { Selectable } from 'kysely';
import { checkAccountDescription, checkAccountName } from '../core/account-names.ts';
import type { CatalogHandle, RolesTable } from '../catalog/schema.ts';
import { LarderError } from '../core/errors.ts';
import { builtInRoles, checkPermissionPolicy, isBuiltInRole, type PermissionPolicy } from '../core/permission-policy.ts';
import { changeDirectory, dropGrants } from './directory-change.ts';
import type { Directory, Role } from './directory.ts';
import { newHexId } from './new-id.ts';
import { putRecord, type RoleRecord } from './records.ts';
import type { IdentityDeps } from './tokens.ts';

type Roles = Pick<Directory, 'listRoles' | 'showRole' | 'createRole' | 'updateRole' | 'deleteRole'>;
type RoleRow = Selectable<RolesTable>;

/** The part of the Directory that is about roles. They are of no domain; `domainId` is whose lock changes take. */
export function createRoles(deps: IdentityDeps, domainId: string): Roles {
  const { db } = deps.catalog;

  const own = async (trx: CatalogHandle, roleId: string): Promise<RoleRow> => {
    const row = await findRole(trx, roleId);
    if (isBuiltInRole(row.name)) throw new LarderError('operation-illegal', `The role ${row.name} is built in.`);
    return row;
  };

  return {
    async listRoles(filter = {}) {
      let query = db.selectFrom('roles').selectAll();
      if (filter.name !== undefined) query = query.where('name', '=', filter.name);
      return (await query.orderBy('name').execute()).map(roleFromRow);
    },

    showRole: async (roleId) => roleFromRow(await findRole(db, roleId)),

    async createRole(role) {
      const row = { id: newHexId(), ...checked(role), policy: checkPermissionPolicy(role.policy) };
      return changeDirectory(deps, domainId, async (trx) => {
        const inserted = await trx
          .insertInto('roles')
          .values({ ...row, policy: JSON.stringify(row.policy) })
          .onConflict((conflict) => conflict.doNothing())
          .returning('id')
          .executeTakeFirst();
        if (inserted === undefined) throw nameTaken();
        await putRecord(deps.repository, 'role', row.id, roleRecord(row));
        return roleFromRow(row);
      });
    },

    async updateRole(roleId, change) {
      const policy = change.policy === undefined ? undefined : checkPermissionPolicy(change.policy);
      return changeDirectory(deps, domainId, async (trx) => {
        const before = await own(trx, roleId);
        const { name, description } = checked({
          name: change.name ?? before.name,
          description: change.description ?? before.description,
        });
        const row = { id: roleId, name, description, policy: policy ?? before.policy };
        if (
          name !== before.name &&
          (await trx.selectFrom('roles').select('id').where('name', '=', name).executeTakeFirst()) !== undefined
        ) {
          throw nameTaken();
        }
        await trx
          .updateTable('roles')
          .set({ name, description, policy: JSON.stringify(row.policy) })
          .where('id', '=', roleId)
          .execute();
        await putRecord(deps.repository, 'role', roleId, roleRecord(row));
        return roleFromRow(row);
      });
    },

    async deleteRole(roleId) {
      await changeDirectory(deps, domainId, async (trx) => {
        await own(trx, roleId);
        await dropGrants(deps, trx, { roleId });
        await trx.deleteFrom('roles').where('id', '=', roleId).execute();
      });
      await deps.repository.records.delete('role', roleId);
    },
  };
}

/** Sees to it that the built-in roles are there. Servers that share a catalog may do so at the same time. */
export async function ensureRoles(deps: IdentityDeps): Promise<void> {
  const { db } = deps.catalog;
  const present = new Set((await db.selectFrom('roles').select('name').execute()).map(({ name }) => name));
  for (const [name, { description }] of Object.entries(builtInRoles)) {
    if (present.has(name)) continue;
    const row = { id: newHexId(), name, description, policy: null };
    await putRecord(deps.repository, 'role', row.id, roleRecord(row));
    const inserted = await db
      .insertInto('roles')
      .values(row)
      .onConflict((conflict) => conflict.doNothing())
      .returning('id')
      .executeTakeFirst();
    // Another server was quicker.
    if (inserted === undefined) await deps.repository.records.delete('role', row.id);
  }
}

/** The role, or `role-not-found`. */
export async function findRole(db: CatalogHandle, roleId: string): Promise<RoleRow> {
  const row = await db.selectFrom('roles').selectAll().where('id', '=', roleId).executeTakeFirst();
  if (row === undefined) throw new LarderError('role-not-found', 'The role does not exist.');
  return row;
}

/** A role as it is shown; what a built-in one is for is said by this version, not by the one that made the catalog. */
export function roleFromRow(row: RoleRow): Role {
  const { id, name } = row;
  const description = isBuiltInRole(name) ? builtInRoles[name].description : row.description;
  return { id, name, description, policy: row.policy as PermissionPolicy | null };
}

function roleRecord({ name, description, policy }: Omit<RoleRow, 'id'>): RoleRecord {
  return { name, description, policy: policy as PermissionPolicy | null };
}

function checked(role: { readonly name: string; readonly description?: string | undefined }): {
  name: string;
  description: string;
} {
  return { name: checkAccountName(role.name), description: checkAccountDescription(role.description ?? '') };
}

function nameTaken(): LarderError {
  return new LarderError('name-taken', 'Another role has this name.');
}
