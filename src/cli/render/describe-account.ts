import type { RolesInScope, WireProject, WireRole, WireUser } from '../accounts-api.ts';
import { formatFields, formatTable } from './format-table.ts';

/** Users or projects as a table. */
export function describeAccounts(rows: readonly (WireUser | WireProject)[], none: string): string {
  if (rows.length === 0) return none;
  const columns = [{ title: 'NAME' }, { title: 'ID' }, { title: 'STATE' }, { title: 'DESCRIPTION' }];
  return formatTable(
    columns,
    rows.map((row) => [row.name, row.id, state(row), row.description]),
  );
}

/** One user or project, with the roles where they are known. */
export function describeAccount(row: WireUser | WireProject, roles: readonly RolesInScope[] = []): string {
  return formatFields([
    ['Name', row.name],
    ['Id', row.id],
    ['State', state(row)],
    ['Description', row.description],
    ...roles.map(({ scope, roles: names }) => [`Roles in ${scope}`, names.join(', ')] as const),
  ]);
}

/** Roles as a table. */
export function describeRoles(roles: readonly WireRole[]): string {
  const columns = [{ title: 'NAME' }, { title: 'ID' }, { title: 'KIND' }, { title: 'DESCRIPTION' }];
  return formatTable(
    columns,
    roles.map((role) => [role.name, role.id, role.policy === null ? 'built-in' : 'custom', role.description]),
  );
}

/** One role with its policy. */
export function describeRole(role: WireRole): string {
  const fields = formatFields([
    ['Name', role.name],
    ['Id', role.id],
    ['Description', role.description],
  ]);
  return role.policy === null ? fields : `${fields}\n\n${JSON.stringify(role.policy, null, 2)}`;
}

function state({ enabled }: { readonly enabled: boolean }): string {
  return enabled ? 'enabled' : 'disabled';
}
