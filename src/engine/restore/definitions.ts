import type { Document, MongoClient } from 'mongodb';
import type { CollectionImage, ViewImage } from '../../core/image.ts';
import { serverErrorCode, translateMongoError } from '../../mongo/connect.ts';
import { decodeOrdered } from '../../mongo/ordered-document.ts';
import type { OrderedDocument } from '../../mongo/ordered-document.ts';

const majority = { w: 'majority' };
const badValue = 2;

/** Prefix of the collections that hold the data of time-series collections. */
const bucketsPrefix = 'system.buckets.';

/** Where JavaScript functions are kept: a server lets nobody drop or rename it. */
export const storedFunctions = 'system.js';

/** True for collections whose data lies under another name than the one they are created by. */
export function isBuckets(name: string): boolean {
  return name.startsWith(bucketsPrefix);
}

/** `system.buckets.x` for the time-series collection `x`, and back. */
export const bucketsOf = (name: string): string => bucketsPrefix + name;
export const seriesOf = (name: string): string => name.slice(bucketsPrefix.length);

/** True if no two documents of the collection can have the same `_id`. */
export function hasIdIndex({ indexes, options }: Pick<CollectionImage, 'indexes' | 'options'>): boolean {
  // Of buckets it is not listed.
  if (decodeOrdered(Buffer.from(options, 'base64')).has('clusteredIndex')) return true;
  return indexes.map(decodeIndex).some((spec) => spec.get('name') === '_id_' || spec.get('clustered') !== undefined);
}

/** Creates an empty collection with all its options, except that nothing in it expires yet; `instead` are options that it has for now. */
export async function createCollection(
  client: MongoClient,
  image: CollectionImage,
  signal: AbortSignal,
  instead: Document = {},
): Promise<void> {
  const options = decodeOrdered(Buffer.from(image.options, 'base64'));
  options.delete('expireAfterSeconds');
  const idIndex = image.indexes
    .map(decodeIndex)
    .find((spec) => spec.get('name') === '_id_' && spec.get('clustered') === undefined);
  const command: Document = { create: image.name, ...Object.fromEntries(options), ...instead, writeConcern: majority };
  // Neither option lets one say what the index on _id is; both make one.
  const hasOwn = options.has('clusteredIndex') || options.has('autoIndexId');
  if (idIndex !== undefined && !hasOwn) command['idIndex'] = idIndex;
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

/** An index that the server will not build on the data of the backup, and what it says. */
export interface FailedIndex {
  readonly name: string;
  readonly reason: string;
}

/**
 * Builds a collection's indexes in one pass over it: those that delete what is old, or all others. Where one cannot be built the
 * others are, and it is returned (pitfalls C3). Repeating it is harmless. Throws what a change of the primary causes.
 */
export async function buildIndexes(
  client: MongoClient,
  image: Pick<CollectionImage, 'db' | 'name' | 'options' | 'indexes'>,
  which: 'expiring' | 'other',
  signal: AbortSignal,
): Promise<readonly FailedIndex[]> {
  const collated = decodeOrdered(Buffer.from(image.options, 'base64')).has('collation');
  const specs = image.indexes
    .map(decodeIndex)
    .filter((spec) => spec.get('name') !== '_id_' && spec.get('clustered') === undefined)
    .filter((spec) => spec.has('expireAfterSeconds') === (which === 'expiring'))
    .map((spec) => withCollation(spec, collated));
  if (specs.length === 0) return [];
  const build = async (indexes: readonly OrderedDocument[]): Promise<Document> => {
    const command = { createIndexes: image.name, indexes, writeConcern: majority };
    try {
      return await client.db(image.db).command({ ...command, commitQuorum: 'majority' }, { signal });
    } catch (error) {
      // A single server has no members to ask, and refuses to be told how many.
      if (serverErrorCode(error) !== badValue || !String(error).includes('commitQuorum')) throw error;
      return client.db(image.db).command(command, { signal });
    }
  };
  const together = await refusalOf(build(specs), signal);
  if (together === null) return [];
  const failed: FailedIndex[] = [];
  for (const spec of specs) {
    const reason = specs.length === 1 ? together : await refusalOf(build([spec]), signal);
    if (reason !== null) failed.push({ name: String(spec.get('name')), reason });
  }
  return failed;
}

/** Why the server refuses, or null if it does not; what may pass by itself is thrown. */
async function refusalOf(answer: Promise<Document>, signal: AbortSignal): Promise<string | null> {
  try {
    await answer;
    return null;
  } catch (error) {
    signal.throwIfAborted();
    const { retryable, message } = translateMongoError(error, 'restore-failed', 'the server says');
    if (retryable || serverErrorCode(error) === null) throw error;
    return message;
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

/** Finds what in the built collection (of a time-series collection, its buckets) is past its time; null where nothing expires. */
export function expirySelector(
  { image, series }: { readonly image: CollectionImage; readonly series: ViewImage | null },
  now: Date,
): Document | null {
  const before = (seconds: unknown): Document => ({ $lt: new Date(now.getTime() - Number(seconds) * 1000) });
  const options = decodeOrdered(Buffer.from((series ?? image).options, 'base64'));
  const selectors: Document[] = [];
  const ofAll = options.get('expireAfterSeconds');
  if (ofAll !== undefined) {
    const timeseries = options.get('timeseries') as OrderedDocument | undefined;
    selectors.push({ [timeseries === undefined ? '_id' : `control.max.${String(timeseries.get('timeField'))}`]: before(ofAll) });
  }
  for (const spec of image.indexes.map(decodeIndex)) {
    const seconds = spec.get('expireAfterSeconds');
    const [field] = (spec.get('key') as OrderedDocument).keys();
    if (seconds === undefined || field === undefined) continue;
    const filter = (spec.get('partialFilterExpression') as Document | undefined) ?? {};
    selectors.push({ $and: [{ [field]: before(seconds) }, filter] });
  }
  return selectors.length === 0 ? null : { $or: selectors };
}

function decodeIndex(raw: string): OrderedDocument {
  return decodeOrdered(Buffer.from(raw, 'base64'));
}

/** An index without collation on a collection with one is a simple one, and must say so or it inherits (pitfalls C2). */
function withCollation(spec: OrderedDocument, collated: boolean): OrderedDocument {
  return collated && !spec.has('collation') ? new Map([...spec, ['collation', { locale: 'simple' }]]) : spec;
}
