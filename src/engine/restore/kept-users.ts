import type { Document } from 'mongodb';
import type { Target } from './target.ts';

/** What a restore leaves as it is in the target, as `_id`s of `admin.system.users` and `admin.system.roles`. */
export interface KeptUsers {
  readonly users: ReadonlySet<string>;
  readonly roles: ReadonlySet<string>;
}

interface RoleHolder {
  readonly _id: string;
  readonly roles?: readonly { readonly role: string; readonly db: string }[];
}

/**
 * Who must be able to log in after a restore as before it, and do the same (pitfalls U2): the user we are logged in as, and those of
 * `keepUsers` (`database.user`) that the target has; with every role of the target's own that they hold or that such a role includes.
 */
export async function findKeptUsers(
  { client, ownUsers, ownRoles }: Target,
  keepUsers: readonly string[],
  signal: AbortSignal,
): Promise<KeptUsers> {
  const wanted = [...ownUsers, ...keepUsers];
  if (wanted.length === 0) return { users: new Set(), roles: new Set() };
  const admin = client.db('admin');
  const read = (name: string, filter: Document): Promise<RoleHolder[]> =>
    admin
      .collection<RoleHolder>(name)
      .find(filter, { projection: { roles: 1 }, signal })
      .toArray();
  const users = await read('system.users', { _id: { $in: wanted } });
  const defined = new Map((await read('system.roles', {})).map((role) => [role._id, role]));
  const roles = new Set<string>();
  const reach = (ids: readonly string[]): void => {
    for (const id of ids) {
      const role = defined.get(id);
      if (role === undefined || roles.has(id)) continue;
      roles.add(id);
      reach(rolesOf(role));
    }
  };
  // Whom an outer directory knows has roles and no document.
  reach([...ownRoles, ...users.flatMap(rolesOf)]);
  return { users: new Set([...ownUsers, ...users.map(({ _id }) => _id)]), roles };
}

function rolesOf({ roles }: RoleHolder): readonly string[] {
  return (roles ?? []).map(({ db, role }) => `${db}.${role}`);
}
