import { LarderError } from '../core/errors.ts';
import { compareClusterTime, type ClusterTime } from '../core/image.ts';
import {
  formatPoint,
  isBaseOf,
  planReplay,
  restorableRanges,
  type ArchivedStretch,
  type RestorableRange,
  type ReplayBase,
} from '../core/oplog-archive.ts';
import type { EngineDeps } from './engine-deps.ts';
import { findReplayBases, findTimelines } from './follow/archive-rows.ts';
import type { PointInTime } from './tasks.ts';
import type { RestoreMoment } from './use-cases.ts';

/** Older backups that a replay may fall back on. Each is kept from being deleted meanwhile, so there must not be many. */
const mostOlderBases = 4;
/** Ranges that a refusal names; the newest count. */
const mostRangesNamed = 5;

/** A way to a point in time: the backup to begin with, and what leads on from there. */
export interface PointPlan {
  readonly backupId: string;
  readonly pointInTime: PointInTime;
}

/**
 * The way to a point in time of an instance of the project, which may be gone by now. `instance-not-found` (neither it nor a backup
 * of it is there), `unsupported-operation` (a single server), `time-not-restorable` with the ranges that do restore (pitfalls R8).
 */
export async function planPointInTime(
  { catalog: { db } }: Pick<EngineDeps, 'catalog'>,
  projectId: string,
  { instanceId, point }: RestoreMoment,
): Promise<PointPlan> {
  const known = (table: 'instances' | 'backups') => db.selectFrom(table).where('project_id', '=', projectId);
  const instance = await known('instances').select('mode').where('id', '=', instanceId).executeTakeFirst();
  // Bases are looked for by instance alone, so that this also keeps one project out of another's archive.
  const backup = await known('backups').select('instance_mode').where('instance_id', '=', instanceId).executeTakeFirst();
  const mode = instance?.mode ?? backup?.instance_mode;
  if (mode === undefined) throw new LarderError('instance-not-found', 'The instance does not exist.');
  if (mode === 'Single') {
    throw new LarderError('unsupported-operation', 'Of a single server only whole backups can be restored.');
  }
  const stretches = (await findTimelines(db, instanceId)).flatMap((timeline) => timeline.stretches);
  return choosePlan({ instanceId, point }, stretches, await findReplayBases(db, instanceId));
}

/** The same, of what is archived and the images there are. `time-not-restorable`. */
export function choosePlan(
  { instanceId, point }: RestoreMoment,
  stretches: readonly ArchivedStretch[],
  bases: readonly ReplayBase[],
): PointPlan {
  const plan = planReplay(point, stretches, bases);
  if (plan === null) throw notRestorable(point, restorableRanges(stretches, bases));
  const { base, timeline } = plan;
  const stretch = stretches.find(
    (each) => each.timeline === timeline && isBaseOf(base, each) && compareClusterTime(point, each.to) <= 0,
  );
  const older = bases.filter(
    (each) => stretch !== undefined && isBaseOf(each, stretch) && compareClusterTime(each.time, base.time) < 0,
  );
  const olderBases = older
    .toSorted((a, b) => compareClusterTime(b.time, a.time))
    .slice(0, mostOlderBases)
    .map(({ backupId }) => backupId);
  return { backupId: base.backupId, pointInTime: { point, instanceId, timeline, olderBases } };
}

function notRestorable(point: ClusterTime, ranges: readonly RestorableRange[]): LarderError {
  const at = (time: ClusterTime): string => `${formatPoint(time)} (${new Date(time.t * 1000).toISOString()})`;
  const told = ranges.slice(-mostRangesNamed).map(({ from, to }) => `${at(from)} to ${at(to)}`);
  const more = ranges.length > told.length ? `, and ${ranges.length - told.length} earlier ranges` : '';
  const restores = told.length === 0 ? 'no time of this instance does' : `what does is ${told.join(', ')}${more}`;
  return new LarderError('time-not-restorable', `The time ${at(point)} cannot be restored: ${restores}.`);
}
