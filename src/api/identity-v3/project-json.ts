import { Type, type Static } from 'typebox';
import type { Identity } from '../../engine/use-cases.ts';

export const projectSchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  domain_id: Type.String(),
  parent_id: Type.String(),
  enabled: Type.Boolean(),
  is_domain: Type.Boolean(),
  description: Type.String(),
  links: Type.Object({ self: Type.String() }),
});

type Project = Awaited<ReturnType<Identity['listProjects']>>[number];

/** A project as the identity service shows it. */
export function projectJson({ id, name, domainId }: Project, base: string): Static<typeof projectSchema> {
  return {
    id,
    name,
    domain_id: domainId,
    parent_id: domainId,
    enabled: true,
    is_domain: false,
    description: '',
    links: { self: `${base}/v3/projects/${id}` },
  };
}
