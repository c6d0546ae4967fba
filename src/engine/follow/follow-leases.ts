import { sql } from 'kysely';
import type { CatalogHandle } from '../../catalog/schema.ts';
import type { InstanceRow } from '../instance-from-row.ts';

/** How long a server may be silent before another one follows in its place, milliseconds. */
export const leaseMs = 30_000;

const until = sql<Date>`now() + ${leaseMs} * interval '1 millisecond'`;

/** The instances whose oplog is to be archived: replica sets whose policy is on. */
export async function instancesToFollow(db: CatalogHandle): Promise<readonly InstanceRow[]> {
  return (
    db
      .selectFrom('instances')
      .innerJoin('backup_policies', 'backup_policies.instance_id', 'instances.id')
      .selectAll('instances')
      .where('instances.mode', '=', 'ReplicaSet')
      .where('backup_policies.keep_days', '>', 0)
      // What is archived while an instance is being deleted would only have to be removed.
      .where((e) => e.or([e('instances.action', 'is', null), e('instances.action', '!=', 'DELETE_INSTANCE')]))
      .orderBy('instances.id')
      .execute()
  );
}

/** Takes or renews the right to follow an instance, by the clock of the database; false while somebody else has it. */
export async function holdLease(db: CatalogHandle, instanceId: string, holder: string): Promise<boolean> {
  const held = await db
    .insertInto('oplog_followers')
    .values({
      instance_id: instanceId,
      holder,
      lease_until: until,
      state: 'following',
      cause: null,
      since: sql<Date>`now()`,
    })
    .onConflict((conflict) =>
      conflict
        .column('instance_id')
        .doUpdateSet({ holder, lease_until: until })
        .where((e) => e.or([e('oplog_followers.holder', '=', holder), e('oplog_followers.lease_until', '<', sql<Date>`now()`)])),
    )
    .returning('instance_id')
    .executeTakeFirst();
  return held !== undefined;
}

/** Lets go of the instances that are not followed any more; they show no follower afterwards. */
export async function releaseLeases(db: CatalogHandle, holder: string, except: readonly string[]): Promise<void> {
  let held = db.deleteFrom('oplog_followers').where('holder', '=', holder);
  if (except.length > 0) held = held.where('instance_id', 'not in', except);
  await held.execute();
}
