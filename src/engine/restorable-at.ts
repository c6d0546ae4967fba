import type { Manifest } from '../core/image.ts';
import { LarderError } from '../core/errors.ts';
import { checkInstanceId } from '../core/ids.ts';
import { isDatabaseName, restorableCollections, restorableDatabases } from '../core/restorable-names.ts';
import { pointOfMilliseconds } from '../core/oplog-archive.ts';
import type { EngineDeps } from './engine-deps.ts';
import { archivedRanges } from './follow/archive-state.ts';
import { findInstance } from './find-instance.ts';
import type { Moments } from './moments.ts';
import { planPointInTime } from './plan-point-in-time.ts';
import type { Caller, Page, RestorableQuery, Rows } from './use-cases.ts';

/** UseCases.listRestoreTimes: where the archived oplog goes on from an image without a gap. Without an archive there are none. */
export async function listRestoreTimes(
  deps: EngineDeps,
  caller: Caller,
  instanceId: string,
): Promise<readonly { readonly start: Date; readonly end: Date }[]> {
  await findRestorable(deps, caller, instanceId);
  const ranges = await archivedRanges(deps.catalog.db, instanceId);
  return ranges.map(({ start, end }) => ({ start: new Date(start), end: new Date(end) }));
}

/** UseCases.listRestorableDatabases. */
export async function listRestorableDatabases(
  deps: EngineDeps,
  moments: Moments,
  caller: Caller,
  query: RestorableQuery,
): Promise<Rows<string>> {
  return pageOf(restorableDatabases(await imageAt(deps, moments, caller, query)), query);
}

/** UseCases.listRestorableCollections. */
export async function listRestorableCollections(
  deps: EngineDeps,
  moments: Moments,
  caller: Caller,
  query: RestorableQuery & { readonly db: string },
): Promise<Rows<string>> {
  if (!isDatabaseName(query.db)) throw new LarderError('invalid-database-name', 'db_name cannot be the name of a database.');
  const image = await imageAt(deps, moments, caller, query);
  if (!restorableDatabases(image).includes(query.db))
    throw new LarderError('database-not-found', 'At this time there was no such database.');
  return pageOf(restorableCollections(image, query.db), query);
}

async function findRestorable(deps: EngineDeps, caller: Caller, instanceId: string): Promise<void> {
  const instance = await findInstance(deps.catalog.db, caller.projectId, checkInstanceId(instanceId));
  if (instance.mode === 'Single') {
    throw new LarderError('unsupported-operation', 'Of a single server only whole backups can be restored.');
  }
}

/** What the instance held at the end of the second of `time`, without its documents. */
async function imageAt(
  deps: EngineDeps,
  moments: Moments,
  caller: Caller,
  { instanceId, time }: RestorableQuery,
): Promise<Manifest> {
  await findRestorable(deps, caller, instanceId);
  const point = pointOfMilliseconds(time.getTime());
  return moments.outline(caller.projectId, await planPointInTime(deps, caller.projectId, { instanceId, point }));
}

function pageOf(names: readonly string[], { offset, limit }: Pick<Page, 'offset' | 'limit'>): Rows<string> {
  return { rows: names.slice(offset, offset + limit), total: names.length };
}
