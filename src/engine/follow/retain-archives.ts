import { sql } from 'kysely';
import type { CatalogHandle, CatalogTransaction } from '../../catalog/schema.ts';
import {
  planArchiveRetention,
  type ArchiveFacts,
  type ArchiveOwner,
  type TimelineVerdict,
} from '../../core/archive-retention.ts';
import { isLarderError } from '../../core/errors.ts';
import type { JobDeps } from '../engine-deps.ts';
import { findReplayBases, lockTimelines, type ArchivedTimeline } from './archive-rows.ts';

type RetainDeps = Pick<JobDeps, 'catalog' | 'clock' | 'log' | 'runTask' | 'repository' | 'repositoryConnection'>;

/** One archive, and whether it is looked at even if the plan has nothing to remove: a removal may have been cut short. */
export interface RetainedArchive {
  readonly projectId: string;
  readonly instanceId: string;
  readonly thorough: boolean;
}

const daySeconds = 86_400;

/**
 * Removes from every archive what nothing restorable needs any more, and makes fewer and larger objects of the rest. What goes wrong with one is logged and does not keep the others
 * waiting; `seen` are the archives that were looked at thoroughly before, and is added to. Errors of the catalog are thrown.
 */
export async function retainArchives(deps: RetainDeps, seen: Set<string>, signal: AbortSignal): Promise<void> {
  const archives = await deps.catalog.db
    .selectFrom('oplog_timelines')
    .select(['project_id', 'instance_id'])
    .distinct()
    .orderBy('instance_id')
    .execute();
  for (const { project_id: projectId, instance_id: instanceId } of archives) {
    signal.throwIfAborted();
    try {
      const done = await retainArchive(deps, { projectId, instanceId, thorough: !seen.has(instanceId) }, signal);
      if (!done) continue;
      seen.add(instanceId);
      await mergeArchived(deps, { projectId, instanceId }, signal);
    } catch (error) {
      if (signal.aborted || isLarderError(error, 'catalog-unavailable')) throw error;
      deps.log.warn({ err: error, instanceId }, 'an archived oplog could not be trimmed');
    }
  }
}

/**
 * The same for one archive. False, and nothing done, while a restore to a moment may read it. The catalog first stops showing what will go,
 * so that no moment is promised that does not restore; a removal that is cut short is ended by the next thorough one.
 */
export async function retainArchive(
  deps: RetainDeps,
  { projectId, instanceId, thorough }: RetainedArchive,
  signal: AbortSignal,
): Promise<boolean> {
  const { catalog, log, runTask, repositoryConnection: repository } = deps;
  const { db } = catalog;
  const now = deps.clock.now();
  const verdicts = await db.transaction().execute(async (trx) => {
    const timelines = await lockTimelines(trx, instanceId);
    if (await isHeld(trx, instanceId)) return null;
    const planned = planArchiveRetention({ timelines, ...(await factsOf(trx, { instanceId, now })) });
    for (const { number, keep, removes } of planned) if (removes) await showOnly(trx, { instanceId, number, keep });
    return planned.filter(({ keep, removes }) => removes || (thorough && keep.length > 0));
  });
  if (verdicts === null) return false;
  if (verdicts.length === 0) return true;
  const timelines = verdicts.map(({ number, keep }) => ({ number, keep }));
  const { freedBytes, segments } = await runTask<'trim-archive'>(
    { kind: 'trim-archive', repository, projectId, instanceId, timelines },
    { signal, report: () => undefined },
  );
  const gone = verdicts.filter(({ keep }) => keep.length === 0).map(({ number }) => number);
  if (gone.length > 0) {
    await db
      .deleteFrom('oplog_timelines')
      .where('instance_id', '=', instanceId)
      .where('number', 'in', gone)
      .where(sql<boolean>`stretches = '[]'::jsonb`)
      .execute();
  }
  if (segments > 0) {
    const reasons = [...new Set(verdicts.filter(({ removes }) => removes).map(({ reason }) => reason))];
    log.info({ instanceId, segments, freedBytes, reasons }, 'removed archived oplog that nothing restorable needs any more');
  }
  return true;
}

/** A restore to a moment that listed the archive before may be on its way through it: then `retainArchive` said so, and this is not done. */
async function mergeArchived(
  { runTask, repository: opened, repositoryConnection: repository, log }: RetainDeps,
  { projectId, instanceId }: Pick<RetainedArchive, 'projectId' | 'instanceId'>,
  signal: AbortSignal,
): Promise<void> {
  // Mostly there is nothing to do, and that costs no thread.
  const worth = await opened.project(projectId).oplog(instanceId).mergeable({ signal });
  if (worth.merged + worth.removed === 0) return;
  const { merged, removed } = await runTask<'merge-archive'>(
    { kind: 'merge-archive', repository, projectId, instanceId },
    { signal, report: () => undefined },
  );
  if (merged + removed > 0) log.info({ instanceId, merged, removed }, 'made fewer and larger objects of an archived oplog');
}

/** The same after the deletion of backups of an instance, which is done whatever comes of this: a later round tries again. */
export async function retainAfterDeletion(
  deps: RetainDeps,
  job: { readonly project_id: string; readonly instance_id: string },
  signal: AbortSignal,
): Promise<void> {
  const { project_id: projectId, instance_id: instanceId } = job;
  try {
    await retainArchive(deps, { projectId, instanceId, thorough: false }, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    deps.log.warn({ err: error, instanceId }, 'an archived oplog could not be trimmed');
  }
}

async function factsOf(
  trx: CatalogTransaction,
  { instanceId, now }: { readonly instanceId: string; readonly now: Date },
): Promise<Omit<ArchiveFacts, 'timelines'>> {
  const owner = await ownerOf(trx, instanceId);
  const being = await trx
    .selectFrom('backups')
    .select('id')
    .where('instance_id', '=', instanceId)
    .where('status', '=', 'BUILDING')
    .limit(1)
    .executeTakeFirst();
  const trusted = owner.keepDays !== null && (await timeIsTrusted(trx, now));
  return {
    owner: owner.owner,
    bases: await findReplayBases(trx, instanceId),
    horizon: trusted ? Math.floor(now.getTime() / 1000) - owner.keepDays * daySeconds : null,
    beingMade: being !== undefined,
  };
}

async function ownerOf(
  trx: CatalogTransaction,
  instanceId: string,
): Promise<{ readonly owner: ArchiveOwner; readonly keepDays: number | null }> {
  const instance = await trx
    .selectFrom('instances')
    .leftJoin('backup_policies', 'backup_policies.instance_id', 'instances.id')
    .select(['instances.action', 'backup_policies.keep_days'])
    .where('instances.id', '=', instanceId)
    .executeTakeFirst();
  if (instance !== undefined) {
    const keepDays = instance.action === 'DELETE_INSTANCE' ? 0 : (instance.keep_days ?? 0);
    return keepDays > 0 ? { owner: 'followed', keepDays } : { owner: 'kept', keepDays: null };
  }
  const recycled = await trx.selectFrom('recycled_instances').select('id').where('id', '=', instanceId).executeTakeFirst();
  return { owner: recycled === undefined ? 'gone' : 'kept', keepDays: null };
}

/** False for an hour after the clock jumped: what seems old then may not be. */
async function timeIsTrusted(trx: CatalogTransaction, now: Date): Promise<boolean> {
  const row = await trx.selectFrom('seen_time').select('hold_until').executeTakeFirst();
  return row === undefined || now >= row.hold_until;
}

/** True while a job is on its way to a point in time of the archive, whatever else is in its request. */
async function isHeld(db: CatalogHandle, instanceId: string): Promise<boolean> {
  const reader = await db
    .selectFrom('jobs')
    .select('id')
    .where('status', '=', 'Running')
    .where(
      sql<boolean>`jsonb_path_exists(request, '$.** ? (@.instanceId == $id && exists(@.timeline))', jsonb_build_object('id', ${instanceId}::text))`,
    )
    .limit(1)
    .executeTakeFirst();
  return reader !== undefined;
}

/** Makes the catalog show of a timeline only what stays. */
async function showOnly(
  trx: CatalogTransaction,
  { instanceId, number, keep }: Pick<TimelineVerdict, 'number' | 'keep'> & { readonly instanceId: string },
): Promise<void> {
  const stretches = keep.map(({ after, to }) => ({ after, to })) satisfies readonly Omit<
    ArchivedTimeline['stretches'][number],
    'timeline'
  >[];
  await trx
    .updateTable('oplog_timelines')
    .set({ stretches: JSON.stringify(stretches) })
    .where('instance_id', '=', instanceId)
    .where('number', '=', number)
    .execute();
}
