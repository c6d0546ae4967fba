import type { Timers } from '../lib/timers.ts';
import type { EngineDeps } from './engine-deps.ts';
import { keepRounds } from './keep-rounds.ts';

/** How often what is of no use any more is looked for, milliseconds. */
const interval = 60 * 60 * 1000;

/** More entries than this are not kept, however young: whoever is refused often must not fill the disk. */
const mostAuditEntries = 1_000_000;

type TidyDeps = Pick<EngineDeps, 'catalog' | 'clock' | 'log'>;

/** Takes spent signatures and old audit entries out of the catalog. Several servers may do so at the same time. */
export async function tidyCatalog({ catalog, clock }: Pick<TidyDeps, 'catalog' | 'clock'>, auditDays: number): Promise<void> {
  const { db } = catalog;
  const now = clock.now();
  await db.deleteFrom('used_signatures').where('expires', '<=', now).execute();
  const oldest = new Date(now.getTime() - auditDays * 24 * 60 * 60 * 1000);
  await db.deleteFrom('audit_entries').where('time', '<', oldest).execute();
  const surplus = await db
    .selectFrom('audit_entries')
    .select('time')
    .orderBy('time', 'desc')
    .orderBy('id', 'desc')
    .offset(mostAuditEntries)
    .limit(1)
    .executeTakeFirst();
  if (surplus !== undefined) await db.deleteFrom('audit_entries').where('time', '<=', surplus.time).execute();
}

/** Does so now and every hour. A failure is logged and the next round comes. Disposing stops it, a round under way is waited for. */
export function keepTidy(deps: TidyDeps, timers: Timers, auditDays: number): AsyncDisposable {
  return keepRounds(() => tidyCatalog(deps, auditDays), {
    timers,
    interval,
    ended: (error) => {
      if (error !== null) deps.log.warn({ err: error }, 'the catalog could not be tidied');
    },
  });
}
