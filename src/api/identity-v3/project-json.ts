import { Type, type Static } from 'typebox';

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

interface ShownProject {
  readonly id: string;
  readonly name: string;
  readonly domainId: string;
  readonly description: string;
  /** Absent: it is. */
  readonly enabled?: boolean;
}

/** A project as the identity service shows it. */
export function projectJson(project: ShownProject, base: string): Static<typeof projectSchema> {
  const { id, name, domainId, description, enabled = true } = project;
  return {
    id,
    name,
    domain_id: domainId,
    parent_id: domainId,
    enabled,
    is_domain: false,
    description,
    links: { self: `${base}/v3/projects/${id}` },
  };
}
