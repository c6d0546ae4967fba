import type { MongoClient } from 'mongodb';
import { LarderError } from '../../core/errors.ts';
import { unknownOptions, type CollectionImage } from '../../core/image.ts';
import { findElement } from '../../lib/raw-bson.ts';
import type { RawBatch } from '../../lib/raw-bson.ts';
import { readCatalog, sameFields } from '../../mongo/collection-catalog.ts';
import type { CatalogEntry } from '../../mongo/collection-catalog.ts';
import { withoutFields } from '../../mongo/edit-document.ts';
import { elements } from '../../mongo/ordered-document.ts';
import { readRaw } from '../../mongo/raw-cursor.ts';
import { isBuckets, storedFunctions } from './definitions.ts';
import { contentHash } from './image-content.ts';
import type { Piece } from './piece.ts';
import { visibleName } from './plan-restore.ts';
import type { RestorePlan } from './plan-restore.ts';

/**
 * Reads a collection back where it was built and compares its documents, and of a capped one their order, with the image's: `image-mismatch` if it
 * differs. `onBatch` is told of every batch that was read.
 */
export async function verifyDocuments(
  client: MongoClient,
  { built, hash, planned }: Piece,
  onBatch: (batch: RawBatch, number: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const found = contentHash(built);
  const command = { find: built.name, hint: { $natural: 1 }, readConcern: { level: 'local' } };
  let number = 0;
  for await (const batch of readRaw(client.db(built.db), command, { signal })) {
    found.add(batch);
    onBatch(batch, number++);
  }
  if (found.documents !== hash.documents || found.digest() !== hash.digest()) {
    const name = visibleName(planned);
    throw new LarderError(
      'image-mismatch',
      `${name} does not hold what the backup holds: ${found.documents} documents were read back, ${hash.documents} belong there` +
        (found.documents === hash.documents ? `, and their contents${built.capped ? ' or order' : ''} differ.` : '.'),
      { details: { namespace: name } },
    );
  }
}

/** Compares options and indexes of one collection, as they are now, with those of the image: `image-mismatch` names what differs. */
export function compareDefinition(
  name: string,
  found: Pick<CatalogEntry, 'options' | 'indexes'> | null,
  wanted: Pick<CollectionImage, 'options' | 'indexes'>,
  failedIndexes: readonly string[],
): void {
  if (found === null) throw differs(name, 'it is missing');
  if (!sameFields(found.options, Buffer.from(wanted.options, 'base64'))) throw differs(name, 'its options differ');
  const indexes = wanted.indexes.map((index) => Buffer.from(index, 'base64'));
  compareIndexes(
    name,
    found.indexes,
    indexes.filter((index) => !failedIndexes.includes(indexName(index))),
  );
}

/**
 * Compares options and indexes of everything that the plan brought with the target, and that nothing else is where nothing else may
 * be: `image-mismatch` names the first that differs.
 */
export async function verifyDefinitions(
  client: MongoClient,
  plan: RestorePlan,
  failedIndexes: ReadonlyMap<string, readonly string[]>,
  signal: AbortSignal,
): Promise<void> {
  const wanted = [
    ...plan.collections.map(({ image }) => image),
    ...plan.collections.flatMap(({ series }) => series ?? []),
    ...plan.views.map(({ image }) => image),
  ];
  const databases = new Set(wanted.map(({ db }) => db).concat(plan.databases));
  const catalog = plan.whole
    ? await readCatalog(client, signal)
    : await readCatalog(client, signal, { catalog: new Map(), dirty: databases });
  const entries = new Map<string, CatalogEntry>();
  for (const database of catalog.values()) for (const entry of database.entries) entries.set(`${entry.db}.${entry.name}`, entry);
  for (const image of wanted) {
    const name = `${image.db}.${image.name}`;
    if (isBuckets(image.name) && image.options === unknownOptions && entries.has(name)) continue;
    compareDefinition(name, entries.get(name) ?? null, image, failedIndexes.get(name) ?? []);
  }
  const known = new Set(wanted.map(({ db, name }) => `${db}.${name}`));
  for (const [name, { db }] of entries) {
    if (!plan.whole && !plan.databases.includes(db)) continue;
    // It was emptied, and stays.
    if (name === `${db}.${storedFunctions}`) continue;
    if (!known.has(name) && !name.startsWith('admin.system.')) throw differs(name, 'it is not in the backup');
  }
}

function compareIndexes(name: string, found: readonly Buffer[], wanted: readonly Buffer[]): void {
  const byName = new Map(found.map((index) => [indexName(index), index]));
  for (const index of wanted) {
    const other = byName.get(indexName(index));
    if (other === undefined) throw differs(name, `its index ${indexName(index)} is missing`);
    if (!sameIndex(index, other)) throw differs(name, `its index ${indexName(index)} differs`);
    byName.delete(indexName(index));
  }
  for (const extra of byName.keys()) throw differs(name, `it has an index ${extra} that is not in the backup`);
}

/** What an index on buckets keeps of the words it was made with is compared without their order, like the index itself. */
function sameIndex(a: Buffer, b: Buffer): boolean {
  const [one, other] = [originalOf(a), originalOf(b)];
  const isSame = one === null || other === null ? one === other : sameFields(one, other);
  const own = new Set(['originalSpec']);
  return isSame && sameFields(withoutFields(a, own), withoutFields(b, own));
}

function originalOf(index: Buffer): Buffer | null {
  const original = findElement(index, 0, 'originalSpec');
  return original === null ? null : index.subarray(original.value, original.end);
}

function indexName(index: Buffer): string {
  for (const { name, value, end } of elements(index)) if (name === 'name') return index.toString('utf8', value + 4, end - 1);
  return '';
}

function differs(name: string, how: string): LarderError {
  return new LarderError('image-mismatch', `${name} is not what it is in the backup: ${how}.`, { details: { namespace: name } });
}
