import { Type } from 'typebox';
import type { Grant } from '../../engine/directory.ts';
import { text } from '../fields.ts';

/** Where roles are granted, in addresses: operations on grants exist for both. */
export const grantScopes = [
  { kind: 'project', url: '/v3/projects/:scope_id', suffix: 'ProjectRole' },
  { kind: 'domain', url: '/v3/domains/:scope_id', suffix: 'DomainRole' },
] as const satisfies readonly { kind: Grant['scope']['kind']; url: string; suffix: string }[];

export const userOfScope = Type.Object({ scope_id: text, user_id: text });
export const grantParams = Type.Object({ ...userOfScope.properties, role_id: text });

/** The grant that an address names. */
export function grantOf(
  kind: Grant['scope']['kind'],
  params: { readonly scope_id: string; readonly user_id: string; readonly role_id: string },
): Grant {
  return { userId: params.user_id, roleId: params.role_id, scope: { kind, id: params.scope_id } };
}
