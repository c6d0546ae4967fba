import type { Selectable } from 'kysely';
import type { CatalogHandle, CatalogTransaction, OplogTimelinesTable } from '../../catalog/schema.ts';
import { isLarderError } from '../../core/errors.ts';
import { compareClusterTime, type OpTime } from '../../core/image.ts';
import {
  isSameOpTime,
  type ArchivedStretch,
  type OplogGap,
  type OplogTimeline,
  type ReplayBase,
} from '../../core/oplog-archive.ts';
import type { OplogArchive, Repository } from '../../repository/port.ts';

/** A stretch within the row of its timeline. */
interface StoredStretch {
  readonly after: OpTime;
  readonly to: OpTime;
}

/** A timeline as the catalog shows it. */
export interface ArchivedTimeline {
  readonly number: number;
  /** null where the timeline's own object is damaged; what it holds can be read all the same. */
  readonly begun: Date | null;
  readonly gap: OplogGap | null;
  readonly stretches: readonly ArchivedStretch[];
}

/** The timelines of an instance's archive, oldest first, as the catalog knows them. */
export async function findTimelines(db: CatalogHandle, instanceId: string): Promise<readonly ArchivedTimeline[]> {
  return (await timelineRows(db, instanceId).execute()).map(timelineOf);
}

/** The newest timeline of each of the instances that have one. */
export async function newestTimelines(
  db: CatalogHandle,
  instanceIds: readonly string[],
): Promise<ReadonlyMap<string, ArchivedTimeline>> {
  const rows = await db
    .selectFrom('oplog_timelines')
    .selectAll()
    .distinctOn('instance_id')
    .where('instance_id', 'in', instanceIds)
    .orderBy('instance_id')
    .orderBy('number', 'desc')
    .execute();
  return new Map(rows.map((row) => [row.instance_id, timelineOf(row)]));
}

/** As `findTimelines`, and nobody else changes or locks them until the transaction ends. */
export async function lockTimelines(trx: CatalogTransaction, instanceId: string): Promise<readonly ArchivedTimeline[]> {
  return (await timelineRows(trx, instanceId).forUpdate().execute()).map(timelineOf);
}

function timelineRows(db: CatalogHandle, instanceId: string) {
  return db.selectFrom('oplog_timelines').selectAll().where('instance_id', '=', instanceId).orderBy('number');
}

/** The images of the instance that archived entries can be replayed on, newest first. */
export async function findReplayBases(db: CatalogHandle, instanceId: string): Promise<readonly ReplayBase[]> {
  const rows = await db
    .selectFrom('backups')
    .select('replay_base')
    .where('instance_id', '=', instanceId)
    .where('status', '=', 'COMPLETED')
    .where('replay_base', 'is not', null)
    .orderBy('begin_time', 'desc')
    .execute();
  return rows.map((row) => row.replay_base as ReplayBase);
}

/** Reads the archive and makes the catalog show just that. Errors of the store are thrown; damaged timelines lose what they tell of their gap. */
export async function refreshTimelines(
  db: CatalogHandle,
  {
    repository,
    projectId,
    instanceId,
  }: { readonly repository: Repository; readonly projectId: string; readonly instanceId: string },
): Promise<void> {
  const archive = repository.project(projectId).oplog(instanceId);
  const stretches = await archive.stretches();
  const known = await readableTimelines(archive);
  const numbers = [...new Set([...known.keys(), ...stretches.map(({ timeline }) => timeline)])].toSorted((a, b) => a - b);
  const rows = numbers.map((number) => {
    const timeline = known.get(number);
    const own = stretches.filter((stretch) => stretch.timeline === number);
    return {
      instance_id: instanceId,
      project_id: projectId,
      number,
      begun: timeline === undefined ? null : new Date(timeline.begunAt),
      gap: timeline?.gap ? JSON.stringify(timeline.gap) : null,
      stretches: JSON.stringify(own.map(({ after, to }) => ({ after, to }) satisfies StoredStretch)),
    };
  });
  const replace = async (trx: CatalogTransaction): Promise<void> => {
    await trx.deleteFrom('oplog_timelines').where('instance_id', '=', instanceId).execute();
    if (rows.length > 0) await trx.insertInto('oplog_timelines').values(rows).execute();
  };
  // At once: whoever looks meanwhile must not find an archive of nothing.
  await (db.isTransaction ? replace(db as CatalogTransaction) : db.transaction().execute(replace));
}

/**
 * Notes that the entries later than `after` up to `to` are stored. False, and nothing noted, where they do not go on where the row ends:
 * an earlier note got lost, and the archive must be asked.
 */
export async function extendTimeline(
  db: CatalogHandle,
  instanceId: string,
  { timeline, after, to }: ArchivedStretch,
): Promise<boolean> {
  const row = await db
    .selectFrom('oplog_timelines')
    .select('stretches')
    .where('instance_id', '=', instanceId)
    .where('number', '=', timeline)
    .executeTakeFirst();
  const stretches = (row?.stretches ?? []) as readonly StoredStretch[];
  const last = stretches.at(-1);
  if (row === undefined || last === undefined || (!isSameOpTime(last.to, after) && compareClusterTime(after, last.to) >= 0))
    return false;
  // A look at the archive may have seen them already.
  if (compareClusterTime(to, last.to) <= 0) return true;
  await db
    .updateTable('oplog_timelines')
    .set({ stretches: JSON.stringify([...stretches.slice(0, -1), { after: last.after, to }]) })
    .where('instance_id', '=', instanceId)
    .where('number', '=', timeline)
    .execute();
  return true;
}

async function readableTimelines(archive: OplogArchive): Promise<ReadonlyMap<number, OplogTimeline>> {
  try {
    return new Map((await archive.timelines()).map((timeline) => [timeline.number, timeline]));
  } catch (error) {
    if (!isLarderError(error, 'object-corrupt')) throw error;
    return new Map();
  }
}

function timelineOf({ number, begun, gap, stretches }: Selectable<OplogTimelinesTable>): ArchivedTimeline {
  return {
    number,
    begun,
    gap: gap as OplogGap | null,
    stretches: (stretches as readonly StoredStretch[]).map(({ after, to }) => ({ timeline: number, after, to })),
  };
}
