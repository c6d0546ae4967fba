import type { EngineDeps } from '../engine-deps.ts';
import { ownOf } from '../instance-from-row.ts';
import type { JobRow } from '../job-kind.ts';
import { isElsewhere } from './own-servers.ts';

/** A place that nobody was at for so long is given up: what is wanted of its servers fails instead of waiting. */
const patienceMs = 300_000;

/** Notes that this server of Larder looks after the instances of its place. */
export async function noteHere({ catalog, provider, clock }: Pick<EngineDeps, 'catalog' | 'provider' | 'clock'>): Promise<void> {
  const seen = clock.now();
  await catalog.db
    .insertInto('server_places')
    .values({ place: provider.place, seen })
    .onConflict((conflict) => conflict.column('place').doUpdateSet({ seen }))
    .execute();
}

/**
 * True if another server of Larder, which was there within the last five minutes, runs the servers of the job's instance: it is to do the
 * job. Where such a server is gone, as with a machine that was lost, nobody would ever: then the job is anybody's.
 */
export async function isForAnother(deps: EngineDeps, job: Pick<JobRow, 'instance_id'>): Promise<boolean> {
  const { db } = deps.catalog;
  const row = await db.selectFrom('instances').select('own').where('id', '=', job.instance_id).executeTakeFirst();
  if (row === undefined || !isElsewhere(deps, row)) return false;
  const place = await db
    .selectFrom('server_places')
    .select('seen')
    .where('place', '=', ownOf(row)!.servers.place)
    .executeTakeFirst();
  return place !== undefined && deps.clock.now().getTime() - place.seen.getTime() < patienceMs;
}
