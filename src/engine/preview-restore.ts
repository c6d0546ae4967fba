import type { Selectable } from 'kysely';
import type { InstancesTable } from '../catalog/schema.ts';
import { wholeBackup, type RestoreSelection } from '../core/restore-selection.ts';
import type { EngineDeps } from './engine-deps.ts';
import { findBackup } from './find-backup.ts';
import { findInstance } from './find-instance.ts';
import { readHeld } from './restore/held.ts';
import { describePlan } from './restore/describe-plan.ts';
import type { PlanDescription } from './restore/describe-plan.ts';
import { planRestore } from './restore/plan-restore.ts';
import type { RestorePlan } from './restore/plan-restore.ts';
import { openTarget } from './restore/target.ts';
import { refuseUnlessRestorable } from './refuse-unless-restorable.ts';
import { sealedContexts } from './sealed-contexts.ts';
import type { Caller, RestoreRequest } from './use-cases.ts';

/** Long enough to ask for the size of every collection of a large server. Milliseconds. */
const askingLimitMs = 25_000;

/** UseCases.previewRestore. Asks the target and changes nothing. */
export async function previewRestore(
  deps: EngineDeps,
  caller: Caller,
  { backupId, targetInstanceId, selection = wholeBackup }: Pick<RestoreRequest, 'backupId' | 'targetInstanceId' | 'selection'>,
): Promise<PlanDescription> {
  refuseUnlessRestorable((await findBackup(deps.catalog.db, caller.projectId, backupId)).status);
  const target = await findInstance(deps.catalog.db, caller.projectId, targetInstanceId);
  return describePlan(await planAgainst(deps, target, { backupId, selection, sizes: true }));
}

/** The plan for a target as it is now. Errors of the plan and of connecting pass through. */
export async function planAgainst(
  deps: Pick<EngineDeps, 'repository'>,
  target: Selectable<InstancesTable>,
  restore: { readonly backupId: string; readonly selection: RestoreSelection; readonly sizes: boolean },
): Promise<RestorePlan> {
  const signal = AbortSignal.timeout(askingLimitMs);
  const manifest = await deps.repository.project(target.project_id).readManifest(restore.backupId);
  // A name that the backup does not have is refused without asking anybody.
  planRestore(manifest, [], restore.selection);
  const uri = deps.repository.openSecret(target.sealed_uri, sealedContexts.instanceUri(target.id));
  await using opened = await openTarget(uri, manifest, signal);
  return planRestore(manifest, await readHeld(opened.client, { sizes: restore.sizes, signal }), restore.selection);
}
