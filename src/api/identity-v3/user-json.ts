import { Type, type Static } from 'typebox';
import type { User } from '../../engine/directory.ts';

export const userSchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  domain_id: Type.String(),
  enabled: Type.Boolean(),
  description: Type.String(),
  password_expires_at: Type.Null(),
  links: Type.Object({ self: Type.String() }),
});

/** A user as the identity service shows one. */
export function userJson(user: User, base: string): Static<typeof userSchema> {
  return {
    id: user.id,
    name: user.name,
    domain_id: user.domainId,
    enabled: user.enabled,
    description: user.description,
    password_expires_at: null,
    links: { self: `${base}/v3/users/${user.id}` },
  };
}
