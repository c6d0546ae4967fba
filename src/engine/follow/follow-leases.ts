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

/**
 * Takes or renews the right to follow each of these instances, by the clock of the database, and returns those it has; the others are
 * somebody else's, or gone.
 */
export async function holdLeases(
  db: CatalogHandle,
  instanceIds: readonly string[],
  holder: string,
): Promise<ReadonlySet<string>> {
  if (instanceIds.length === 0) return new Set();
  const held = await db
    .insertInto('oplog_followers')
    .columns(['instance_id', 'holder', 'lease_until', 'state', 'since'])
    .expression((e) =>
      e
        .selectFrom('instances')
        .select((row) => [
          'instances.id',
          row.val(holder).as('holder'),
          until.as('lease_until'),
          row.val('following').as('state'),
          sql<Date>`now()`.as('since'),
        ])
        .where('instances.id', 'in', instanceIds)
        // Several servers lock them in the same order.
        .orderBy('instances.id'),
    )
    .onConflict((conflict) =>
      conflict
        .column('instance_id')
        .doUpdateSet({ holder, lease_until: until })
        .where((e) => e.or([e('oplog_followers.holder', '=', holder), e('oplog_followers.lease_until', '<', sql<Date>`now()`)])),
    )
    .returning('instance_id')
    .execute();
  return new Set(held.map((row) => row.instance_id));
}

/** Lets go of the instances that are not followed any more; they show no follower afterwards. */
export async function releaseLeases(db: CatalogHandle, holder: string, except: readonly string[]): Promise<void> {
  let held = db.deleteFrom('oplog_followers').where('holder', '=', holder);
  if (except.length > 0) held = held.where('instance_id', 'not in', except);
  await held.execute();
}
