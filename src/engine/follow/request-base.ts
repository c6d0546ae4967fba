import type { CatalogHandle } from '../../catalog/schema.ts';
import { isBaseOf } from '../../core/oplog-archive.ts';
import { findReplayBases, findTimelines } from './archive-rows.ts';

/** After an automated backup failed, the next one that history needs is begun no sooner than so much later, milliseconds. */
const retryAfter = 60 * 60 * 1000;

/**
 * Makes an automated backup due at once where the newest timeline has no image to begin at: after a gap, or because the archive
 * began later than the first backup. True if it was not due yet and is now.
 */
export async function requestBase(db: CatalogHandle, instanceId: string, now: Date): Promise<boolean> {
  const timeline = (await findTimelines(db, instanceId)).at(-1);
  const newest = timeline?.stretches.at(-1);
  if (timeline === undefined || newest === undefined) return false;
  if ((await findReplayBases(db, instanceId)).some((base) => isBaseOf(base, newest))) return false;
  // One that is being made may become the image; one that was made since and is none shows that the next would be none either.
  const begun = timeline.begun ?? new Date(0);
  const tried = await db
    .selectFrom('backups')
    .select('id')
    .where('instance_id', '=', instanceId)
    .where((e) =>
      e.or([
        e('status', '=', 'BUILDING'),
        e.and([e('status', '=', 'COMPLETED'), e('begin_time', '>=', begun)]),
        e.and([e('status', '=', 'FAILED'), e('begin_time', '>', new Date(now.getTime() - retryAfter))]),
      ]),
    )
    .limit(1)
    .executeTakeFirst();
  if (tried !== undefined) return false;
  const due = await db
    .updateTable('backup_policies')
    .set({ first_due: true })
    .where('instance_id', '=', instanceId)
    .where('keep_days', '>', 0)
    .where('first_due', '=', false)
    .returning('instance_id')
    .executeTakeFirst();
  return due !== undefined;
}
