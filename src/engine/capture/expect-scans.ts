import type { MongoClient } from 'mongodb';
import { concurrently } from '../../lib/concurrently.ts';
import type { CatalogEntry } from '../../mongo/collection-catalog.ts';
import type { TransferProgress } from '../transfer-progress.ts';

/** More collections of one database than this are not asked one by one (pitfalls S13). */
const mostAsked = 50;
const askedAtOnce = 4;

/**
 * Adds to the progress what scans of these collections will probably read. Metadata counts are good enough for that, and only for
 * that; what cannot be asked for is left out. Throws nothing but the end of `signal`.
 */
export async function expectScans(
  client: MongoClient,
  entries: readonly CatalogEntry[],
  progress: TransferProgress,
  signal: AbortSignal,
): Promise<void> {
  const byDatabase = Map.groupBy(entries, ({ db }) => db);
  const sizes = { documents: 0, bytes: 0 };
  const ask = async (db: string, command: object, fields: { documents: string; bytes: string }): Promise<void> => {
    const stats = await client
      .db(db)
      .command(command, { signal })
      .catch(() => null);
    sizes.documents += Number(stats?.[fields.documents] ?? 0);
    sizes.bytes += Number(stats?.[fields.bytes] ?? 0);
  };
  for (const [db, collections] of byDatabase) {
    signal.throwIfAborted();
    if (collections.length > mostAsked) await ask(db, { dbStats: 1 }, { documents: 'objects', bytes: 'dataSize' });
    else {
      await concurrently(collections, askedAtOnce, ({ name }) =>
        ask(db, { collStats: name }, { documents: 'count', bytes: 'size' }),
      );
    }
  }
  progress.expect(sizes.documents, sizes.bytes);
}
