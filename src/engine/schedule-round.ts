import { lookAtClock } from '../core/retention-hold.ts';
import type { EngineDeps } from './engine-deps.ts';
import { emptyRecycleBin } from './instances/recycle-bin.ts';
import { expireBackups } from './policy-expiry.ts';
import type { RefreshInstance } from './refresh-instance.ts';
import { scheduleBackups } from './schedule-backups.ts';
import { scheduleDrills } from './schedule-drills.ts';

/** How old the note of the clock may get before it is written again. */
const noteMs = 600_000;

/**
 * One look at everything: begins the backups and the drill that are due, notes the windows that were missed, begins the deletion of what has
 * expired. What goes wrong with one instance is logged and does not keep the others waiting. Errors of the catalog are thrown.
 */
export async function scheduleRound(deps: EngineDeps, refresh: RefreshInstance): Promise<void> {
  const policies = await deps.catalog.db
    .selectFrom('backup_policies')
    .select('instance_id')
    .where('keep_days', '>', 0)
    .orderBy('instance_id')
    .execute();
  const trusted = await timeIsTrusted(deps);
  for (const { instance_id: instanceId } of policies) await scheduleBackups(deps, refresh, instanceId, { trusted });
  await scheduleDrills(deps);
  if (trusted) {
    await expireBackups(deps);
    await emptyRecycleBin(deps);
  }
}

/** False for an hour after the clock jumped, or nobody looked at it for a day: what seems old then may not be. */
async function timeIsTrusted(deps: EngineDeps): Promise<boolean> {
  const { db } = deps.catalog;
  const now = deps.clock.now();
  const row = await db.selectFrom('seen_time').selectAll().executeTakeFirst();
  const { seen, holdUntil, jumped } = lookAtClock(row === undefined ? null : { seen: row.seen, holdUntil: row.hold_until }, now);
  if (jumped) {
    const fields = { seenBefore: row?.seen, now, holdUntil };
    deps.log.warn(fields, 'the clock jumped, or no server ran for a day: nothing is deleted or forgotten for an hour');
  }
  if (jumped || row === undefined || Math.abs(now.getTime() - row.seen.getTime()) >= noteMs) {
    await db
      .insertInto('seen_time')
      .values({ id: 'retention', seen, hold_until: holdUntil })
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ seen, hold_until: holdUntil }))
      .execute();
  }
  return now >= holdUntil;
}
