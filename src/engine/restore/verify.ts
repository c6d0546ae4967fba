import type { MongoClient } from 'mongodb';
import { LarderError } from '../../core/errors.ts';
import type { CollectionImage, ViewImage } from '../../core/image.ts';
import { MultisetHash } from '../../lib/multiset-hash.ts';
import { readCatalog, sameFields } from '../../mongo/collection-catalog.ts';
import type { CatalogEntry } from '../../mongo/collection-catalog.ts';
import { elements } from '../../mongo/ordered-document.ts';
import { readRaw } from '../../mongo/raw-cursor.ts';
import type { TransferProgress } from '../transfer-progress.ts';

/** What was read from the repository for one collection, to be compared with what the target holds. */
export interface Expectation {
  readonly image: CollectionImage;
  readonly hash: MultisetHash;
}

/** Reads the collection back from the target and compares the multiset of its documents: `image-mismatch` if it differs. */
export async function verifyDocuments(
  client: MongoClient,
  { image, hash }: Expectation,
  progress: TransferProgress,
  signal: AbortSignal,
): Promise<void> {
  const found = new MultisetHash();
  const command = { find: image.name, hint: { $natural: 1 }, readConcern: { level: 'local' } };
  for await (const batch of readRaw(client.db(image.db), command, { signal })) {
    found.add(batch);
    progress.read(batch);
  }
  if (found.documents !== hash.documents || found.digest() !== hash.digest()) {
    throw new LarderError(
      'image-mismatch',
      `${image.db}.${image.name} does not hold what the backup holds: ${found.documents} documents were read back, ${hash.documents} belong there` +
        (found.documents === hash.documents ? ', and their contents differ.' : '.'),
      { details: { namespace: `${image.db}.${image.name}` } },
    );
  }
}

/** Compares options and indexes of everything in the image with the target: `image-mismatch` names the first that differs. */
export async function verifyDefinitions(
  client: MongoClient,
  collections: readonly CollectionImage[],
  views: readonly ViewImage[],
  signal: AbortSignal,
): Promise<void> {
  const catalog = await readCatalog(client, signal);
  const entries = new Map<string, CatalogEntry>();
  for (const database of catalog.values()) for (const entry of database.entries) entries.set(`${entry.db}.${entry.name}`, entry);
  for (const wanted of [...collections, ...views]) {
    const name = `${wanted.db}.${wanted.name}`;
    const found = entries.get(name);
    if (found === undefined) throw differs(name, 'it is missing');
    if (!sameFields(found.options, Buffer.from(wanted.options, 'base64'))) throw differs(name, 'its options differ');
    compareIndexes(
      name,
      found.indexes,
      wanted.indexes.map((index) => Buffer.from(index, 'base64')),
    );
  }
  const known = new Set([...collections, ...views].map(({ db, name }) => `${db}.${name}`));
  for (const name of entries.keys()) {
    if (!known.has(name) && !name.startsWith('admin.system.')) throw differs(name, 'it is not in the backup');
  }
}

function compareIndexes(name: string, found: readonly Buffer[], wanted: readonly Buffer[]): void {
  const byName = new Map(found.map((index) => [indexName(index), index]));
  for (const index of wanted) {
    const other = byName.get(indexName(index));
    if (other === undefined) throw differs(name, `its index ${indexName(index)} is missing`);
    if (!sameFields(index, other)) throw differs(name, `its index ${indexName(index)} differs`);
    byName.delete(indexName(index));
  }
  for (const extra of byName.keys()) throw differs(name, `it has an index ${extra} that is not in the backup`);
}

function indexName(index: Buffer): string {
  for (const { name, value, end } of elements(index)) if (name === 'name') return index.toString('utf8', value + 4, end - 1);
  return '';
}

function differs(name: string, how: string): LarderError {
  return new LarderError('image-mismatch', `${name} is not what it is in the backup: ${how}.`, { details: { namespace: name } });
}
