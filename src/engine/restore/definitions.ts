import type { Document, MongoClient } from 'mongodb';
import type { CollectionImage, ViewImage } from '../../core/image.ts';
import { LarderError } from '../../core/errors.ts';
import { decodeOrdered } from '../../mongo/ordered-document.ts';
import type { OrderedDocument } from '../../mongo/ordered-document.ts';

const majority = { w: 'majority' };

/** Prefix of the collections that hold the data of time-series collections. */
const bucketsPrefix = 'system.buckets.';

/** True for collections whose data lies under another name than the one they are created by. */
export function isBuckets(name: string): boolean {
  return name.startsWith(bucketsPrefix);
}

/** Creates an empty collection with all its options, except that nothing in it expires yet. */
export async function createCollection(client: MongoClient, image: CollectionImage, signal: AbortSignal): Promise<void> {
  const options = decodeOrdered(Buffer.from(image.options, 'base64'));
  options.delete('expireAfterSeconds');
  const idIndex = image.indexes
    .map((raw) => decodeIndex(raw))
    .find((spec) => spec.get('name') === '_id_' && spec.get('clustered') === undefined);
  const command: Document = { create: image.name, ...Object.fromEntries(options), writeConcern: majority };
  if (idIndex !== undefined && !options.has('clusteredIndex')) command['idIndex'] = idIndex;
  await client.db(image.db).command(command, { signal });
}

/** Creates a time-series collection by its own name; its buckets collection comes with it. Nothing expires yet. */
export async function createTimeSeries(client: MongoClient, view: ViewImage, signal: AbortSignal): Promise<void> {
  const options = decodeOrdered(Buffer.from(view.options, 'base64'));
  options.delete('expireAfterSeconds');
  const db = client.db(view.db);
  await db.command({ create: view.name, ...Object.fromEntries(options), writeConcern: majority }, { signal });
  // Newer servers add an index of their own; the image says which there are.
  const wanted = new Set(view.indexes.map((raw) => String(decodeIndex(raw).get('name'))));
  for (const { name } of await db.collection(view.name).listIndexes().toArray()) {
    if (!wanted.has(String(name))) await db.command({ dropIndexes: view.name, index: name }, { signal });
  }
}

/** Creates views in an order in which each finds what it builds on; one on something missing comes when no other is left. */
export async function createViews(client: MongoClient, views: readonly ViewImage[], signal: AbortSignal): Promise<void> {
  let waiting = views.filter(({ type }) => type === 'view');
  const named = new Map(waiting.map((view) => [view, decodeOrdered(Buffer.from(view.options, 'base64'))]));
  while (waiting.length > 0) {
    const pending = new Set(waiting.map(({ db, name }) => `${db}.${name}`));
    const ready = waiting.filter((view) => !pending.has(`${view.db}.${String(named.get(view)!.get('viewOn'))}`));
    const round = ready.length > 0 ? ready : waiting;
    for (const view of round) {
      await client
        .db(view.db)
        .command({ create: view.name, ...Object.fromEntries(named.get(view)!), writeConcern: majority }, { signal });
    }
    waiting = waiting.filter((view) => !round.includes(view));
  }
}

/** Builds a collection's indexes in one pass over it: those that delete what is old, or all others. */
export async function buildIndexes(
  client: MongoClient,
  image: Pick<CollectionImage, 'db' | 'name' | 'options' | 'indexes'>,
  which: 'expiring' | 'other',
  signal: AbortSignal,
): Promise<void> {
  const collated = decodeOrdered(Buffer.from(image.options, 'base64')).has('collation');
  const specs = image.indexes
    .map((raw) => decodeIndex(raw))
    .filter((spec) => spec.get('name') !== '_id_' && spec.get('clustered') === undefined)
    .filter((spec) => spec.has('expireAfterSeconds') === (which === 'expiring'))
    .map((spec) => withCollation(spec, collated));
  if (specs.length === 0) return;
  try {
    const command = { createIndexes: image.name, indexes: specs, commitQuorum: 'majority', writeConcern: majority };
    await client.db(image.db).command(command, { signal });
  } catch (error) {
    signal.throwIfAborted();
    const names = specs.map((spec) => String(spec.get('name'))).join(', ');
    const reason = error instanceof Error ? error.message : String(error);
    throw new LarderError(
      'restore-failed',
      `The data of ${image.db}.${image.name} is restored, but of its indexes (${names}) one cannot be built: ${reason}`,
      {
        cause: error,
      },
    );
  }
}

/** Lets collections delete what is old again, where they did at the source. */
export async function startExpiry(
  client: MongoClient,
  image: Pick<CollectionImage, 'db' | 'name' | 'options'>,
  signal: AbortSignal,
): Promise<void> {
  const expireAfterSeconds = decodeOrdered(Buffer.from(image.options, 'base64')).get('expireAfterSeconds');
  if (expireAfterSeconds === undefined) return;
  await client.db(image.db).command({ collMod: image.name, expireAfterSeconds, writeConcern: majority }, { signal });
}

function decodeIndex(raw: string): OrderedDocument {
  return decodeOrdered(Buffer.from(raw, 'base64'));
}

/** An index without collation on a collection with one is a simple one, and must say so or it inherits (pitfalls C2). */
function withCollation(spec: OrderedDocument, collated: boolean): OrderedDocument {
  return collated && !spec.has('collation') ? new Map([...spec, ['collation', { locale: 'simple' }]]) : spec;
}
