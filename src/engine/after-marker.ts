import { type RawBuilder, sql } from 'kysely';

export interface MarkedList {
  readonly table: 'audit_entries' | 'backups' | 'instances' | 'jobs';
  /** The list is in the order of this column, and where that is equal of `id`. */
  readonly column: string;
  readonly descending: boolean;
  /** Id of a row. */
  readonly marker: string;
  /** Rows of other projects mark nothing; null where the list is not of one project. */
  readonly projectId: string | null;
}

/** True of the rows of a list that come after the marked one; of none where there is no such row. */
export function afterMarker({ table, column, descending, marker, projectId }: MarkedList): RawBuilder<boolean> {
  const compare = descending ? sql`<` : sql`>`;
  const inProject = projectId === null ? sql`` : sql` and m.project_id = ${projectId}`;
  const marked = sql`select ${sql.ref(`m.${column}`)}, m.id from ${sql.table(table)} as m where m.id = ${marker}${inProject}`;
  return sql<boolean>`(${sql.ref(`${table}.${column}`)}, ${sql.ref(`${table}.id`)}) ${compare} (${marked})`;
}
