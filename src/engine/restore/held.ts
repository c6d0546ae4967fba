import type { MongoClient } from 'mongodb';
import { concurrently } from '../../lib/concurrently.ts';
import { isCaptured, listUserDatabases } from '../../mongo/collection-catalog.ts';
import { isBuckets } from './definitions.ts';
import { holdsUsersOrRoles } from './restore-users.ts';
import type { HeldCollection } from './plan-restore.ts';

/** What of the user's a target holds; with sizes where asked, which costs a question for each collection. */
export async function readHeld(
  client: MongoClient,
  options: { readonly sizes: boolean; readonly signal: AbortSignal },
): Promise<readonly HeldCollection[]> {
  const { sizes, signal } = options;
  const held: HeldCollection[] = [];
  for (const db of await listUserDatabases(client, signal)) {
    const collections = await client.db(db).listCollections({}, { nameOnly: true, signal }).toArray();
    for (const { name, type } of collections) {
      if (!isCaptured(db, name) || isBuckets(name) || holdsUsersOrRoles({ db, name })) continue;
      held.push({ db, name, type: type as HeldCollection['type'], documents: null, bytes: null });
    }
  }
  held.sort(byName);
  if (!sizes) return held;
  const sized: HeldCollection[] = [];
  await concurrently(held, 4, async (one) => {
    sized.push(one.type === 'view' ? one : { ...one, ...(await sizeOf(client, one, signal)) });
  });
  return sized.toSorted(byName);
}

/** Of a time-series collection the buckets are counted, which is what is stored. */
async function sizeOf(
  client: MongoClient,
  { db, name }: HeldCollection,
  signal: AbortSignal,
): Promise<{ readonly documents: number | null; readonly bytes: number }> {
  const [answer] = await client
    .db(db)
    .collection(name)
    .aggregate([{ $collStats: { storageStats: {} } }], { signal })
    .toArray();
  const stats = answer?.['storageStats'];
  const documents = stats?.count ?? stats?.timeseries?.bucketCount ?? null;
  return { documents: documents === null ? null : Number(documents), bytes: Number(stats?.size ?? 0) };
}

function byName(a: HeldCollection, b: HeldCollection): number {
  if (a.db !== b.db) return a.db < b.db ? -1 : 1;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
