import type { CatalogTransaction } from '../catalog/schema.ts';
import { LarderError, isLarderError, type ErrorCode } from '../core/errors.ts';
import { windowAt, type PolicyWindow } from '../core/policy-window.ts';
import { beginBackup } from './begin-backup.ts';
import type { EngineDeps } from './engine-deps.ts';
import { notReady } from './instance-action.ts';
import type { InstanceRow } from './instance-from-row.ts';
import { findPolicyRow, policyOf, type PolicyRow } from './policy-row.ts';
import type { RefreshInstance } from './refresh-instance.ts';
import { settleWindows } from './schedule-windows.ts';
import { noteTrouble } from './note-trouble.ts';

/** Thrown inside a transaction to undo it: another server was quicker. */
const taken = new LarderError('cancelled', 'another server began this backup');

/** What keeps a backup from beginning now and may be over at the next look. */
const passing: readonly ErrorCode[] = ['instance-busy', 'instance-not-ready', 'instance-unreachable', 'store-unavailable'];

/**
 * Begins the automated backup of one instance if one is due: at once after the policy was turned on, and once in each window. An
 * instance that is busy or abnormal is tried again at the next call; the log says so once. `trusted`: the clock did not jump lately.
 * Never throws but for the catalog's errors.
 */
export async function scheduleBackups(
  deps: EngineDeps,
  refresh: RefreshInstance,
  instanceId: string,
  clock: { readonly trusted: boolean } = { trusted: false },
): Promise<void> {
  try {
    const { db } = deps.catalog;
    let row = await findPolicyRow(db, instanceId);
    if (row === undefined || row.keep_days === 0) return;
    row = await settleWindows(deps, row, clock);
    const due = await dueNow(deps, row);
    if (due === null) return;
    const instance = await db.selectFrom('instances').selectAll().where('id', '=', instanceId).executeTakeFirst();
    // An instance that is being made has its first backup as soon as it is there.
    if (instance !== undefined && !['creating', 'createfail'].includes(instance.status))
      await begin(deps, refresh, { row, due, instance });
  } catch (error) {
    if (isLarderError(error, 'catalog-unavailable')) throw error;
    deps.log.error({ instanceId, err: error }, 'the automated backup could not be looked after');
  }
}

/** Why a backup begins now, and the window it uses up. */
interface Due {
  readonly first: boolean;
  readonly window: PolicyWindow | null;
}

async function dueNow(deps: EngineDeps, row: PolicyRow): Promise<Due | null> {
  const window = windowAt(policyOf(row), deps.clock.now());
  const used =
    window !== null &&
    (await deps.catalog.db
      .selectFrom('backup_windows')
      .select('outcome')
      .where('instance_id', '=', row.instance_id)
      .where('starts', '=', window.start)
      .executeTakeFirst()) !== undefined;
  const open = used ? null : window;
  return row.first_due || open !== null ? { first: row.first_due, window: open } : null;
}

interface Attempt {
  readonly row: PolicyRow;
  readonly due: Due;
  readonly instance: InstanceRow;
}

async function begin(deps: EngineDeps, refresh: RefreshInstance, { row, due, instance }: Attempt): Promise<void> {
  const fields = { instanceId: instance.id, window: due.window?.start, first: due.first };
  try {
    // A busy instance is not asked: the transaction says why, or that another server has begun this very backup.
    const asked = instance.action === null ? await refresh(instance) : { row: instance, trouble: null };
    if (asked.row.status !== 'normal') throw notReady(asked.trouble);
    const begun = await deps.catalog.db.transaction().execute(async (trx) => {
      const now = deps.clock.now();
      await claimFirst(trx, row);
      const name = automatedName(now, instance.id);
      const policy = policyOf(row);
      const backup = { instance: asked.row, name, description: '', type: 'Auto', keepDays: policy.keepDays, now } as const;
      if (due.window !== null) await claimWindow(trx, { instanceId: instance.id, window: due.window, now });
      const started = await beginBackup(deps, trx, backup);
      if (started === null) throw new LarderError('instance-busy', `A backup named ${name} exists already.`);
      await noteBackup(trx, { instanceId: instance.id, due, backupId: started.backupId });
      return { ...started, policy };
    });
    deps.log.info({ ...fields, ...begun.policy, backupId: begun.backupId, jobId: begun.jobId }, 'automated backup begun');
  } catch (error) {
    if (error === taken) return;
    if (!isLarderError(error) || !passing.includes(error.code)) throw error;
    if (await noteTrouble(deps.catalog.db, 'backup_policies', row, error.message))
      deps.log.warn({ ...fields, trouble: error.message }, 'the automated backup cannot begin yet and is tried again');
  }
}

/**
 * Takes note, in the transaction, that the policy is carried out as it was read. Only one transaction passes for each revision in
 * which a first backup is due; one that finds the policy changed is undone and comes again.
 */
async function claimFirst(trx: CatalogTransaction, row: PolicyRow): Promise<void> {
  const claimed = await trx
    .updateTable('backup_policies')
    .set({ first_due: false, trouble: null })
    .where('instance_id', '=', row.instance_id)
    .where('revision', '=', row.revision)
    .where('first_due', '=', row.first_due)
    .returning('instance_id')
    .executeTakeFirst();
  if (claimed === undefined) throw taken;
}

async function claimWindow(
  trx: CatalogTransaction,
  { instanceId, window, now }: { readonly instanceId: string; readonly window: PolicyWindow; readonly now: Date },
): Promise<void> {
  const claimed = await trx
    .insertInto('backup_windows')
    .values({ instance_id: instanceId, starts: window.start, outcome: 'started', backup_id: null, reason: null, noted: now })
    .onConflict((conflict) => conflict.doNothing())
    .returning('instance_id')
    .executeTakeFirst();
  if (claimed === undefined) throw taken;
}

async function noteBackup(
  trx: CatalogTransaction,
  { instanceId, due, backupId }: { readonly instanceId: string; readonly due: Due; readonly backupId: string },
): Promise<void> {
  if (due.window === null) return;
  await trx
    .updateTable('backup_windows')
    .set({ backup_id: backupId })
    .where('instance_id', '=', instanceId)
    .where('starts', '=', due.window.start)
    .execute();
}

/** `auto-backup-20261123190000-1a2b3c4d`: when it began, and the beginning of the instance's id; unique because an instance makes one at a time. */
export function automatedName(now: Date, instanceId: string): string {
  const time = now.toISOString().replaceAll(/[-:T]/g, '').slice(0, 14);
  return `auto-backup-${time}-${instanceId.slice(0, 8)}`;
}
