import { Type, type Static } from 'typebox';
import { LarderError } from '../../core/errors.ts';
import type { NameOrId, Scope } from '../../engine/use-cases.ts';
import { text } from '../fields.ts';

/** Something of the identity service by its id or its name. */
export const nameOrIdSchema = Type.Object({ id: Type.Optional(text), name: Type.Optional(text) });

const projectScope = Type.Object({ id: Type.Optional(text), name: Type.Optional(text), domain: Type.Optional(nameOrIdSchema) });

interface ScopeBody {
  readonly project?: Static<typeof projectScope>;
  readonly domain?: Static<typeof nameOrIdSchema>;
}

/** An object with `project` or `domain`. Generic identity clients ask for no scope with the text `unscoped` or an empty object. */
export const scopeSchema = Type.Unsafe<ScopeBody | string | null>({
  type: ['object', 'string', 'null'],
  properties: { project: projectScope, domain: nameOrIdSchema },
  description: 'an object with a project or a domain',
});

/** The scope that a body asks for; an absent one is none. A project's name without a domain is one of the user's own domain. */
export function readScope(body: Static<typeof scopeSchema> | undefined): Scope {
  if (body === undefined || body === null || typeof body === 'string') return { kind: 'none' };
  const { project, domain } = body;
  if (project !== undefined) {
    const named = readNameOrId(project, 'auth.scope.project');
    if ('id' in named || project.domain === undefined) return { kind: 'project', project: named };
    return { kind: 'project', project: { ...named, domain: readNameOrId(project.domain, 'auth.scope.project.domain') } };
  }
  if (domain !== undefined) return { kind: 'domain', domain: readNameOrId(domain, 'auth.scope.domain') };
  return { kind: 'none' };
}

/** The id where there is one, else the name. `malformed-request` if there is neither. */
export function readNameOrId(body: Static<typeof nameOrIdSchema>, path: string): NameOrId {
  if (body.id) return { id: body.id };
  if (body.name) return { name: body.name };
  throw new LarderError('malformed-request', `${path} needs an id or a name.`);
}
