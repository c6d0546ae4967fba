import type { Manifest } from '../core/image.ts';
import { LarderError } from '../core/errors.ts';
import { checkInstanceId } from '../core/ids.ts';
import { restorableCollections, restorableDatabases } from '../core/restorable-names.ts';
import type { EngineDeps } from './engine-deps.ts';
import { archivedRanges } from './follow/archive-state.ts';
import { findInstance } from './find-instance.ts';
import type { Caller, Page, RestorableQuery, Rows } from './use-cases.ts';

/** Backups that began before the wanted time and hold a later one: there is one at most, unless clocks disagree. */
const candidateLimit = 10;

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
export async function listRestorableDatabases(deps: EngineDeps, caller: Caller, query: RestorableQuery): Promise<Rows<string>> {
  await findRestorable(deps, caller, query.instanceId);
  const image = await imageAt(deps, caller, query);
  return pageOf(image === null ? [] : restorableDatabases(image), query);
}

/** UseCases.listRestorableCollections. */
export async function listRestorableCollections(
  deps: EngineDeps,
  caller: Caller,
  query: RestorableQuery & { readonly db: string },
): Promise<Rows<string>> {
  await findRestorable(deps, caller, query.instanceId);
  const image = await imageAt(deps, caller, query);
  if (image === null || !restorableDatabases(image).includes(query.db)) {
    throw new LarderError('database-not-found', 'The newest backup at or before this time holds no such database.');
  }
  return pageOf(restorableCollections(image, query.db), query);
}

async function findRestorable(deps: EngineDeps, caller: Caller, instanceId: string): Promise<void> {
  const instance = await findInstance(deps.catalog.db, caller.projectId, checkInstanceId(instanceId));
  if (instance.mode === 'Single') {
    throw new LarderError('unsupported-operation', 'Of a single server only whole backups can be restored.');
  }
}

/** The manifest of the newest backup whose image is of `time` or earlier; null if there is none. */
async function imageAt(deps: EngineDeps, caller: Caller, { instanceId, time }: RestorableQuery): Promise<Manifest | null> {
  const candidates = await deps.catalog.db
    .selectFrom('backups')
    .select('id')
    .where('project_id', '=', caller.projectId)
    .where('instance_id', '=', instanceId)
    .where('status', '=', 'COMPLETED')
    .where('begin_time', '<=', time)
    .orderBy('begin_time', 'desc')
    .orderBy('id', 'desc')
    .limit(candidateLimit)
    .execute();
  const project = deps.repository.project(caller.projectId);
  for (const { id } of candidates) {
    const manifest = await project.readManifest(id);
    if (manifest.clusterTime.t * 1000 <= time.getTime()) return manifest;
  }
  return null;
}

function pageOf(names: readonly string[], { offset, limit }: Pick<Page, 'offset' | 'limit'>): Rows<string> {
  return { rows: names.slice(offset, offset + limit), total: names.length };
}
