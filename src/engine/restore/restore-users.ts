import { deserialize } from 'bson';
import type { Db } from 'mongodb';
import type { CollectionImage } from '../../core/image.ts';
import { stagingPrefix } from '../../core/restore-names.ts';
import { batchOfDocuments, documentLength } from '../../lib/raw-bson.ts';
import type { RawBatch } from '../../lib/raw-bson.ts';
import { serverErrorCode } from '../../mongo/connect.ts';
import { RawInserter } from '../../mongo/raw-insert.ts';
import { readRaw } from '../../mongo/raw-cursor.ts';
import { indexName } from '../replay/collection-changes.ts';
import type { KeptUsers } from './kept-users.ts';
import type { PlannedCollection } from './plan-restore.ts';
import type { Target } from './target.ts';

const majority = { w: 'majority' };
const namespaceNotFound = 26;

/** Where roles lie until the server takes them over; like all that begins so, no part of any backup. */
const rolesBeside = `${stagingPrefix}roles`;

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
 * Makes users or roles what `documents` says they are, and touches nothing where none differs. What is kept stays as it is, so that a
 * restore locks out neither whoever runs it nor the administrator (pitfalls U1, U2).
 */
export async function restoreUsers(
  image: Pick<CollectionImage, 'name'>,
  { client, ownUsers }: Pick<Target, 'client' | 'ownUsers'>,
  kept: KeptUsers,
  documents: AsyncIterable<RawBatch>,
  signal: AbortSignal,
): Promise<void> {
  const admin = client.db('admin');
  const wanted = new Map<string, Buffer>();
  for await (const batch of documents) collect(batch, wanted);
  const present = new Map<string, Buffer>();
  for await (const batch of readRaw(admin, { find: image.name }, { signal })) collect(batch, present);
  const isRoles = image.name === 'system.roles';
  for (const id of isRoles ? kept.roles : kept.users) {
    const stays = present.get(id);
    if (stays === undefined) wanted.delete(id);
    else wanted.set(id, stays);
  }
  const different = [...wanted].filter(([id, document]) => present.get(id)?.equals(document) !== true);
  const stale = [...present.keys()].filter((id) => wanted.get(id)?.equals(present.get(id)!) !== true);
  if (different.length === 0 && stale.length === 0) return;
  // Where it asks for credentials, a server lets nobody but itself write roles, not even root.
  if (isRoles && ownUsers.size > 0) return mergeRoles(admin, [...wanted.values()], signal);
  if (stale.length > 0) {
    await admin.command(
      { delete: image.name, deletes: stale.map((id) => ({ q: { _id: id }, limit: 1 })), writeConcern: majority },
      { signal },
    );
  }
  if (different.length > 0)
    await insert(
      admin,
      image.name,
      different.map(([, document]) => document),
      signal,
    );
}

/** Has the server itself make the roles these and no others, byte for byte, as mongorestore does. */
async function mergeRoles(admin: Db, roles: readonly Buffer[], signal: AbortSignal): Promise<void> {
  const drop = { drop: rolesBeside, writeConcern: majority };
  await admin.command(drop, { signal }).catch(ignoreMissing);
  await admin.command({ create: rolesBeside, writeConcern: majority }, { signal });
  if (roles.length > 0) await insert(admin, rolesBeside, roles, signal);
  const merge = { _mergeAuthzCollections: 1, tempRolesCollection: `admin.${rolesBeside}`, db: '', drop: true };
  await admin.command({ ...merge, writeConcern: majority }, { signal });
  await admin.command(drop, { signal });
}

function insert(admin: Db, name: string, documents: readonly Buffer[], signal: AbortSignal): Promise<void> {
  return new RawInserter(admin, signal).insert(name, batchOfDocuments(documents), { ordered: true });
}

/** Servers before 7.0 refuse to drop what is not there. */
function ignoreMissing(error: unknown): void {
  if (serverErrorCode(error) !== namespaceNotFound) throw error;
}

function collect(batch: RawBatch, into: Map<string, Buffer>): void {
  for (let n = 0; n < batch.count; n++) {
    const start = batch.starts[n]!;
    const raw = Buffer.from(batch.buffer.subarray(start, start + documentLength(batch.buffer, start)));
    into.set(String(deserialize(raw)['_id']), raw);
  }
}
