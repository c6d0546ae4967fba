import type { Selectable } from 'kysely';
import type { CatalogHandle, InstancesTable } from '../catalog/schema.ts';
import { expectTime, type RestoreSample } from '../core/expected-time.ts';
import type { Manifest } from '../core/image.ts';
import { wholeBackup, type RestoreSelection } from '../core/restore-selection.ts';
import type { EngineDeps } from './engine-deps.ts';
import { findInstance } from './find-instance.ts';
import type { Moments } from './moments.ts';
import { readHeld } from './restore/held.ts';
import { describePlan } from './restore/describe-plan.ts';
import { planRestore } from './restore/plan-restore.ts';
import type { HeldCollection, RestorePlan } from './restore/plan-restore.ts';
import { openTarget } from './restore/target.ts';
import { findOrigin, imageOfOrigin } from './restore-origin.ts';
import { sealedContexts } from './sealed-contexts.ts';
import type { Caller, PreviewRequest, RestorePreview, RestoreResult } from './use-cases.ts';

/** Long enough to ask for the size of every collection of a large server. Milliseconds. */
const askingLimitMs = 25_000;
const samplesAsked = 100;

/** UseCases.previewRestore. Asks the target and changes nothing. */
export async function previewRestore(
  deps: EngineDeps,
  moments: Moments,
  caller: Caller,
  request: PreviewRequest,
): Promise<RestorePreview> {
  const { targetInstanceId, selection = wholeBackup } = request;
  const origin = await findOrigin(deps, caller.projectId, request);
  const target = await findInstance(deps.catalog.db, caller.projectId, targetInstanceId);
  const manifest = await imageOfOrigin(deps, moments, caller.projectId, origin);
  const plan = await planAgainst(deps, target, { manifest, selection, sizes: true });
  const description = describePlan(plan);
  const samples = await earlierRestores(deps.catalog.db, target);
  const written = 'writes' in manifest ? plan.collections.map(({ image }) => manifest.writes.get(image.uuid)!) : [];
  const bytesWritten = written.reduce((sum, { bytes }) => sum + bytes, 0);
  const fromBackup = { bytes: description.bytes - bytesWritten, collections: description.arrivals.length };
  const writes = written.reduce((sum, one) => sum + one.writes, 0);
  const replay = 'way' in manifest ? { ...manifest.way, writes } : null;
  return { ...description, expected: expectTime(fromBackup, samples), replay };
}

/** The newest restores and drills of the project that came to their end; none that replayed, which takes its own time. */
async function earlierRestores(db: CatalogHandle, target: Selectable<InstancesTable>): Promise<readonly RestoreSample[]> {
  const jobs = await db
    .selectFrom('jobs')
    .select(['kind', 'instance_id', 'result'])
    .where('project_id', '=', target.project_id)
    .where('kind', 'in', ['restore', 'drill'])
    .where('status', '=', 'Completed')
    .where('result', 'is not', null)
    .orderBy('ended', 'desc')
    .limit(samplesAsked)
    .execute();
  const whole = jobs.filter(({ result }) => (result as RestoreResult).verdict !== 'replayed');
  return whole.map(({ kind, instance_id: instanceId, result }) => {
    const { bytes, seconds } = result as RestoreResult;
    // A drill is held in a server of its own, whichever instance it is about.
    return { bytes, seconds, sameTarget: kind === 'restore' && instanceId === target.id };
  });
}

/** The plan for a target as it is now. Errors of the plan and of connecting pass through. */
export async function planAgainst(
  deps: Pick<EngineDeps, 'repository'>,
  target: Selectable<InstancesTable>,
  { manifest, selection, sizes }: { readonly manifest: Manifest; readonly selection: RestoreSelection; readonly sizes: boolean },
): Promise<RestorePlan> {
  // A name that the backup does not have is refused without asking anybody.
  planRestore(manifest, [], selection);
  return planRestore(manifest, await askTarget(deps, target, { sources: [manifest.source], sizes }), selection);
}

/** What of the user's the target holds now; refuses one that cannot hold images of these sources. Errors of connecting pass through. */
export async function askTarget(
  deps: Pick<EngineDeps, 'repository'>,
  target: Selectable<InstancesTable>,
  { sources, sizes }: { readonly sources: readonly Manifest['source'][]; readonly sizes: boolean },
): Promise<readonly HeldCollection[]> {
  const signal = AbortSignal.timeout(askingLimitMs);
  const uri = deps.repository.openSecret(target.sealed_uri, sealedContexts.instanceUri(target.id));
  await using opened = await openTarget(uri, sources, signal);
  return await readHeld(opened.client, { sizes, signal });
}
