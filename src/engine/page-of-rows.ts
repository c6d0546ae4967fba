import { sql, type Selectable, type SelectQueryBuilder } from 'kysely';
import type { CatalogSchema } from '../catalog/schema.ts';
import { afterMarker, type MarkedList } from './after-marker.ts';

export interface WantedPage extends Pick<MarkedList, 'column'> {
  readonly descending?: boolean;
  readonly limit: number;
  readonly offset: number;
  /** Id of the row behind which the page begins. */
  readonly marker?: string | undefined;
  /** Rows of other projects mark nothing; null where the list is not of one project. */
  readonly projectId: string | null;
}

/** A page of the rows that match, newest or largest first unless told otherwise, and how many match without the marker. */
export async function pageOfRows<T extends MarkedList['table']>(
  table: T,
  query: SelectQueryBuilder<CatalogSchema, T, object>,
  { column, descending = true, limit, offset, marker, projectId }: WantedPage,
): Promise<{ readonly rows: Selectable<CatalogSchema[T]>[]; readonly total: number }> {
  // What is asked here is the same of every table; the types of one stand for all.
  const matching = query as unknown as SelectQueryBuilder<CatalogSchema, 'jobs', object>;
  const { total } = await matching.select((e) => e.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  const direction = descending ? 'desc' : 'asc';
  let page = matching.selectAll().orderBy(sql.ref(column), direction).orderBy('id', direction).limit(limit).offset(offset);
  if (marker !== undefined) page = page.where(afterMarker({ table, column, descending, marker, projectId }));
  return { rows: (await page.execute()) as unknown as Selectable<CatalogSchema[T]>[], total };
}
