import type { Migration } from 'kysely/migration';
import { firstTables } from './0001-first-tables.ts';

/** In the order of their names. A migration that was released is never changed; what it lacks is added by the next. */
export const allMigrations: Readonly<Record<string, Migration>> = {
  '0001-first-tables': firstTables,
};
