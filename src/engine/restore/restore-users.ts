import { deserialize } from 'bson';
import type { CollectionImage } from '../../core/image.ts';
import { batchOfDocuments, documentLength } from '../../lib/raw-bson.ts';
import type { RawBatch } from '../../lib/raw-bson.ts';
import { RawInserter } from '../../mongo/raw-insert.ts';
import { readRaw } from '../../mongo/raw-cursor.ts';
import { indexName } from '../replay/collection-changes.ts';
import type { PlannedCollection } from './plan-restore.ts';
import type { Target } from './target.ts';

const noOptions = Buffer.from([5, 0, 0, 0, 0]);

/** True for the two collections of `admin` that hold users and roles. */
export function holdsUsersOrRoles({ db, name }: Pick<CollectionImage, 'db' | 'name'>): boolean {
  return db === 'admin' && (name === 'system.users' || name === 'system.roles');
}

/** Users or roles in a collection beside, where what was written to them later can be added. */
export function plannedUsers(image: CollectionImage): PlannedCollection {
  const indexes = image.indexes.filter((raw) => indexName(Buffer.from(raw, 'base64')) === '_id_');
  const options = noOptions.toString('base64');
  return { from: `${image.db}.${image.name}`, image: { ...image, options, indexes }, way: 'swap', series: null, replaces: null };
}

/**
 * Makes users or roles what `documents` says they are, touching only those that differ. The user we are logged in as stays as it is,
 * so that a restore never locks out whoever runs it (pitfalls U1, U2).
 */
export async function restoreUsers(
  image: Pick<CollectionImage, 'name'>,
  target: Target,
  documents: AsyncIterable<RawBatch>,
  signal: AbortSignal,
): Promise<void> {
  const admin = target.client.db('admin');
  const wanted = new Map<string, Buffer>();
  for await (const batch of documents) collect(batch, wanted);
  const present = new Map<string, Buffer>();
  for await (const batch of readRaw(admin, { find: image.name }, { signal })) collect(batch, present);
  const own = (id: string): boolean => image.name === 'system.users' && target.ownUsers.has(id);
  const different = [...wanted].filter(([id, document]) => !own(id) && present.get(id)?.equals(document) !== true);
  const stale = [...present.keys()].filter((id) => !own(id) && wanted.get(id)?.equals(present.get(id)!) !== true);
  if (stale.length > 0) {
    await admin.command(
      { delete: image.name, deletes: stale.map((id) => ({ q: { _id: id }, limit: 1 })), writeConcern: { w: 'majority' } },
      { signal },
    );
  }
  if (different.length > 0) {
    await new RawInserter(admin, signal).insert(image.name, batchOfDocuments(different.map(([, document]) => document)), {
      ordered: true,
    });
  }
}

function collect(batch: RawBatch, into: Map<string, Buffer>): void {
  for (let n = 0; n < batch.count; n++) {
    const start = batch.starts[n]!;
    const raw = Buffer.from(batch.buffer.subarray(start, start + documentLength(batch.buffer, start)));
    into.set(String(deserialize(raw)['_id']), raw);
  }
}
