import { windowsEnded } from '../core/policy-window.ts';
import { clockSlackMs } from '../core/retention-hold.ts';
import type { EngineDeps } from './engine-deps.ts';
import { policyOf, type PolicyRow } from './policy-row.ts';

/** Of a longer absence only the newest windows are kept one by one; the log has the number of all. */
const missedKept = 31;

/** Of each instance so many windows are remembered; by number, as a clock that jumps must not make anything old. */
const windowsRemembered = 400;

const notRunning = 'No server ran during the window.';

/**
 * Accounts for the windows that have ended: one in which no backup began is noted as missed, with the reason, and never made up for.
 * Where the clock was set back and is trusted again, what was noted of the future is forgotten, so that those windows count when they
 * really come.
 * Returns the row as it is then.
 */
export async function settleWindows(deps: EngineDeps, row: PolicyRow, clock: { readonly trusted: boolean }): Promise<PolicyRow> {
  const now = deps.clock.now();
  const from = clock.trusted ? await settledUntil(deps, row, now) : (row.settled_until ?? now);
  const { windows, total } = windowsEnded(policyOf(row), { from, to: now }, missedKept);
  const last = windows.at(-1);
  if (last === undefined) {
    if (row.settled_until?.getTime() === from.getTime()) return row;
    return await write(deps, row, from);
  }
  const reason = row.trouble ?? notRunning;
  const missed = await deps.catalog.db
    .insertInto('backup_windows')
    .values(
      windows.map(({ start }) => ({
        instance_id: row.instance_id,
        starts: start,
        outcome: 'missed',
        backup_id: null,
        reason,
        noted: now,
      })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .returning('starts')
    .execute();
  const unlisted = total - windows.length;
  if (missed.length > 0) {
    const fields = { instanceId: row.instance_id, windows: missed.length + unlisted, last: last.start, reason };
    deps.log.warn(fields, 'windows of the backup policy passed without a backup');
  }
  await forgetOldest(deps, row);
  return write(deps, row, last.end);
}

async function forgetOldest(deps: EngineDeps, row: PolicyRow): Promise<void> {
  await deps.catalog.db
    .deleteFrom('backup_windows')
    .where('instance_id', '=', row.instance_id)
    .where('starts', '<=', (e) =>
      e
        .selectFrom('backup_windows as b')
        .select('b.starts')
        .where('b.instance_id', '=', row.instance_id)
        .orderBy('b.starts', 'desc')
        .offset(windowsRemembered)
        .limit(1),
    )
    .execute();
}

/** Up to when windows are accounted for, looked at with the clock as it is now. */
async function settledUntil(deps: EngineDeps, row: PolicyRow, now: Date): Promise<Date> {
  if (row.settled_until === null) return now;
  const future = new Date(now.getTime() + clockSlackMs);
  if (row.settled_until <= future && !(await knowsFuture(deps, row, future))) return row.settled_until;
  const forgotten = await deps.catalog.db
    .deleteFrom('backup_windows')
    .where('instance_id', '=', row.instance_id)
    .where('starts', '>', future)
    .returning('starts')
    .execute();
  const fields = { instanceId: row.instance_id, windows: forgotten.length, settledUntil: row.settled_until };
  deps.log.warn(fields, 'the clock was set back: what was noted of later windows is forgotten');
  return row.settled_until > now ? now : row.settled_until;
}

async function knowsFuture(deps: EngineDeps, row: PolicyRow, future: Date): Promise<boolean> {
  const later = await deps.catalog.db
    .selectFrom('backup_windows')
    .select('starts')
    .where('instance_id', '=', row.instance_id)
    .where('starts', '>', future)
    .limit(1)
    .executeTakeFirst();
  return later !== undefined;
}

async function write(deps: EngineDeps, row: PolicyRow, settled: Date): Promise<PolicyRow> {
  await deps.catalog.db
    .updateTable('backup_policies')
    .set({ settled_until: settled })
    .where('instance_id', '=', row.instance_id)
    .where('revision', '=', row.revision)
    .execute();
  return { ...row, settled_until: settled };
}
