/** The most that one answer holds. */
export const pageSize = 100;

/** All rows of a list, page by page. `page` gets a page for the query, or throws. */
export async function readPages<Row>(page: (query: string) => Promise<readonly Row[]>): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (;;) {
    const next = await page(`limit=${pageSize}&offset=${rows.length}`);
    rows.push(...next);
    if (next.length < pageSize) return rows;
  }
}
