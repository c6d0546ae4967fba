import { Type, type Static } from 'typebox';
import type { Role } from '../../engine/directory.ts';

/** A policy is checked by its own rules, and not by a schema, to say what is wrong with it. */
export const policySchema = Type.Unsafe<unknown>({
  type: ['object', 'null'],
  description: 'a policy like {"Version":"1.1","Statement":[{"Effect":"Allow","Action":["dds:*:list"]}]}',
});

export const roleSchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  domain_id: Type.Null(),
  description: Type.String(),
  policy: policySchema,
  links: Type.Object({ self: Type.String() }),
});

/** A role as the identity service shows one; the policy of a built-in one is null. */
export function roleJson(role: Role, base: string): Static<typeof roleSchema> {
  const { id, name, description, policy } = role;
  return { id, name, domain_id: null, description, policy, links: { self: `${base}/v3/roles/${id}` } };
}
