import { usageError } from './usage-error.ts';

/** A name as the API takes it. */
export interface WirePart {
  readonly name: string;
  readonly new_name?: string;
}

export interface PartOptions {
  readonly db?: readonly string[];
  readonly collection?: readonly string[];
  /** `old=new`, both databases or both `db.collection`. */
  readonly rename?: readonly string[];
}

/**
 * What `--db`, `--collection` and `--rename` name, or null where none is given and all is meant. What is renamed is thereby
 * selected. Throws CommandError `usage` for a rename that is none.
 */
export function readParts(options: PartOptions): { readonly databases: WirePart[]; readonly collections: WirePart[] } | null {
  const databases = new Map<string, WirePart>((options.db ?? []).map((name) => [name, { name }]));
  const collections = new Map<string, WirePart>((options.collection ?? []).map((name) => [name, { name }]));
  for (const text of options.rename ?? []) {
    const at = text.indexOf('=');
    const [name, newName] = [text.slice(0, at), text.slice(at + 1)];
    if (at < 1 || newName === '' || name.includes('.') !== newName.includes('.')) {
      const message = `--rename takes old=new, two databases or two collections with their databases; ${text} is neither.`;
      throw usageError(message);
    }
    (name.includes('.') ? collections : databases).set(name, { name, new_name: newName });
  }
  if (databases.size + collections.size === 0) return null;
  return { databases: [...databases.values()], collections: [...collections.values()] };
}
