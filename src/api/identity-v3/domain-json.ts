import { Type, type Static } from 'typebox';
import type { Named } from '../../engine/use-cases.ts';

export const domainSchema = Type.Object({ id: Type.String(), name: Type.String(), enabled: Type.Boolean() });

/** A domain as the identity service shows one. */
export function domainJson({ id, name }: Named): Static<typeof domainSchema> {
  return { id, name, enabled: true };
}
