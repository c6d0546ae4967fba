import { EJSON } from 'bson';
import type { Document, MongoClient } from 'mongodb';

/** What must be the same after a restore, as text: one entry for each database, collection and index. */
export interface Fingerprint {
  /** `database` and `database.collection` to the server's own dbHash. */
  readonly hashes: ReadonlyMap<string, string>;
  /** `database.collection` to type and options, `database.collection index` to the index, as canonical extended JSON without UUIDs. */
  readonly definitions: ReadonlyMap<string, string>;
}

/** Databases of the server itself: not compared, because they change by themselves. */
const serverDatabases: ReadonlySet<string> = new Set(['admin', 'config', 'local']);

/** Reads the fingerprint of all user databases from the primary. Writers must rest meanwhile. */
export async function takeFingerprint(client: MongoClient): Promise<Fingerprint> {
  const hashes = new Map<string, string>();
  const definitions = new Map<string, string>();
  const { databases } = await client.db('admin').command({ listDatabases: 1, nameOnly: true });
  for (const { name } of databases as readonly { name: string }[]) {
    if (!serverDatabases.has(name)) await addDatabase(client, name, hashes, definitions);
  }
  return { hashes, definitions };
}

async function addDatabase(
  client: MongoClient,
  name: string,
  hashes: Map<string, string>,
  definitions: Map<string, string>,
): Promise<void> {
  const db = client.db(name);
  const collections = await db.listCollections().toArray();
  // Profiles belong to a member, are not replicated and are no part of any backup.
  const compared = collections.filter((collection) => collection.name !== 'system.profile');
  if (compared.length === 0) return;
  const answer = await db.command({ dbHash: 1 });
  hashes.set(name, String(answer['md5']));
  for (const [collection, hash] of Object.entries(answer['collections'] as Record<string, string>))
    hashes.set(`${name}.${collection}`, hash);
  for (const collection of compared) {
    const full = `${name}.${collection.name}`;
    const described: Document = { type: collection.type, options: 'options' in collection ? collection.options : {} };
    definitions.set(full, canonical(described));
    if (collection.type === 'view') continue;
    for (const index of await db.collection(collection.name).listIndexes().toArray()) {
      definitions.set(`${full} index ${String(index['name'])}`, canonical(index));
    }
  }
}

function canonical(document: Document): string {
  return EJSON.stringify(document, { relaxed: false });
}

/** Differences in words; empty if there are none. */
export function compareFingerprints(before: Fingerprint, after: Fingerprint): readonly string[] {
  return [
    ...compareMaps('content of', before.hashes, after.hashes),
    ...compareMaps('definition of', before.definitions, after.definitions),
  ];
}

function compareMaps(what: string, before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].toSorted().flatMap((name) => {
    const [was, is] = [before.get(name), after.get(name)];
    if (was === is) return [];
    if (was === undefined) return [`${name} was not there before`];
    if (is === undefined) return [`${name} is missing`];
    return [`${what} ${name} differs: was ${was}, is ${is}`];
  });
}
