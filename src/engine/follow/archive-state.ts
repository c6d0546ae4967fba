import { sql } from 'kysely';
import type { CatalogHandle } from '../../catalog/schema.ts';
import { joinRanges, millisecondsOf, restorableRanges, type MillisecondRange } from '../../core/oplog-archive.ts';
import type { ArchiveState } from '../use-cases.ts';
import { findReplayBases, findTimelines, newestTimelines } from './archive-rows.ts';

/** The ranges of time that restore, in order. */
export async function archivedRanges(db: CatalogHandle, instanceId: string): Promise<readonly MillisecondRange[]> {
  const stretches = (await findTimelines(db, instanceId)).flatMap((timeline) => timeline.stretches);
  const ranges = restorableRanges(stretches, await findReplayBases(db, instanceId));
  return joinRanges(ranges.map(millisecondsOf).filter((range) => range !== null));
}

/** How the archiving of the instance's oplog goes; null where there is no archive and none is being made. */
export async function archiveState(db: CatalogHandle, instanceId: string): Promise<ArchiveState | null> {
  const follower = await db
    .selectFrom('oplog_followers')
    .selectAll()
    .select(sql<boolean>`lease_until < now()`.as('silent'))
    .where('instance_id', '=', instanceId)
    .executeTakeFirst();
  const timelines = await findTimelines(db, instanceId);
  if (follower === undefined && timelines.length === 0) return null;
  const newest = timelines.at(-1)?.stretches.at(-1)?.to.t ?? null;
  const end = (await archivedRanges(db, instanceId)).at(-1)?.end ?? null;
  const source = follower?.source_seconds ?? null;
  return {
    ...stateOf(follower),
    newestRestorable: end === null ? null : new Date(end),
    lagSeconds: source === null || newest === null ? null : Math.max(0, source - newest),
    windowSeconds: follower?.window_seconds ?? null,
    gaps: timelines.flatMap(({ gap }) => (gap === null ? [] : [gap])),
  };
}

/** How an archive stands, in numbers. */
export interface ArchiveFigures {
  /** A server follows the source, and nothing keeps it from it. */
  readonly follows: boolean;
  /** What the source has and the archive not, seconds; null before anything was stored. */
  readonly lagSeconds: number | null;
  /** How far back the oplog of the source reaches, seconds; a lag above it is a gap. Null while it is not known. */
  readonly windowSeconds: number | null;
  readonly gaps: number;
}

/** How the archives of those of the instances stand that are being archived, by id. */
export async function measureArchives(
  db: CatalogHandle,
  instanceIds: readonly string[],
): Promise<ReadonlyMap<string, ArchiveFigures>> {
  if (instanceIds.length === 0) return new Map();
  const followers = await db
    .selectFrom('oplog_followers')
    .selectAll()
    .select(sql<boolean>`lease_until < now()`.as('silent'))
    .where('instance_id', 'in', [...instanceIds])
    .execute();
  const gaps = await db
    .selectFrom('oplog_timelines')
    .select((e) => ['instance_id', e.fn.count<number>('gap').as('count')])
    .where('instance_id', 'in', [...instanceIds])
    .groupBy('instance_id')
    .execute();
  const gapsOf = new Map(gaps.map(({ instance_id: id, count }) => [id, Number(count)]));
  const newest = await newestTimelines(db, instanceIds);
  return new Map(
    followers.map((follower) => {
      const { instance_id: id, source_seconds: source, window_seconds: windowSeconds } = follower;
      const stored = newest.get(id)?.stretches.at(-1)?.to.t ?? null;
      return [
        id,
        {
          follows: stateOf(follower).state === 'following',
          lagSeconds: source === null || stored === null ? null : Math.max(0, source - stored),
          windowSeconds,
          gaps: gapsOf.get(id) ?? 0,
        },
      ];
    }),
  );
}

/** A server that was killed leaves the last that it said. */
function stateOf(
  follower: { readonly state: string; readonly cause: string | null; readonly silent: boolean } | undefined,
): Pick<ArchiveState, 'state' | 'cause'> {
  if (follower === undefined) return { state: 'off', cause: null };
  if (follower.silent) return { state: 'stalled', cause: 'No server archives it at the moment.' };
  return { state: follower.state as ArchiveState['state'], cause: follower.cause };
}
