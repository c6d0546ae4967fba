/** Which part of a backup a restore brings, and under which names. Names are compared whole: `a.b` never means `a.bc`. */

/** A database or, as `db.collection`, a collection of a backup; `newName` is what it becomes, null where it keeps its name. */
export interface SelectedName {
  readonly name: string;
  readonly newName: string | null;
}

export interface RestoreSelection {
  /** These databases become what they are in the backup. */
  readonly databases: readonly SelectedName[];
  /** These collections, views and time-series collections do; inside a selected database they may get a name of their own. */
  readonly collections: readonly SelectedName[];
  /** Users and roles too. */
  readonly users: boolean;
}

/** Everything that a backup holds. */
export const wholeBackup: RestoreSelection = Object.freeze({ databases: [], collections: [], users: true });

/** True if no part is named, so that the target becomes what the backup is. */
export function isWhole({ databases, collections }: RestoreSelection): boolean {
  return databases.length === 0 && collections.length === 0;
}

/** A namespace in its two parts; the database is what stands before the first dot. */
export interface Namespace {
  readonly db: string;
  readonly name: string;
}

/** `db.collection` in its parts, or null if it has only one. */
export function parseNamespace(text: string): Namespace | null {
  const dot = text.indexOf('.');
  return dot < 1 || dot === text.length - 1 ? null : { db: text.slice(0, dot), name: text.slice(dot + 1) };
}
