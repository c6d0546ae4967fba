import { LarderError } from './errors.ts';

/** For which servers a template is. Larder knows no templates for the parts of clusters. */
export type ConfigurationNodeType = 'replica' | 'single';

/** Versions of which there are templates: all that Larder works with. */
export const configurationVersions = ['4.4', '5.0', '6.0', '7.0', '8.0'] as const;

/** So many a project may have of its own. */
export const mostConfigurations = 100;

export const nodeTypeOf = (mode: string): ConfigurationNodeType | null =>
  mode === 'ReplicaSet' ? 'replica' : mode === 'Single' ? 'single' : null;

/** 1 to 64 letters, digits, hyphens, underscores and full stops. `invalid-configuration-name`. */
export function checkConfigurationName(name: unknown): string {
  if (typeof name === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(name)) return name;
  throw new LarderError(
    'invalid-configuration-name',
    'The name of a template has 1 to 64 letters, digits, hyphens, underscores or full stops.',
  );
}

/** At most 256 characters; absent, null and '' are none. `invalid-configuration-description`. */
export function checkConfigurationDescription(description: unknown): string {
  if (description === undefined || description === null) return '';
  const proper = typeof description === 'string' && description.isWellFormed() && !/[>!<"&'=\0]/.test(description);
  if (proper && description.length <= 256) return description;
  throw new LarderError(
    'invalid-configuration-description',
    `The description of a template is text of at most 256 characters without any of > ! < " & ' =.`,
  );
}

/** `invalid-node-type`, `invalid-engine-version`. */
export function checkConfigurationKind(
  nodeType: unknown,
  version: unknown,
): { readonly nodeType: ConfigurationNodeType; readonly version: string } {
  if (nodeType !== 'replica' && nodeType !== 'single') {
    throw new LarderError('invalid-node-type', 'datastore.node_type must be replica or single.');
  }
  if (typeof version !== 'string' || !(configurationVersions as readonly string[]).includes(version)) {
    throw new LarderError('invalid-engine-version', `datastore.version must be one of ${configurationVersions.join(', ')}.`);
  }
  return { nodeType, version };
}
