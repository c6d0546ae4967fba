import { isWhole } from '../core/restore-selection.ts';
import { backupFaults, isOneOf } from './backup-faults.ts';
import type { JobDeps } from './engine-deps.ts';
import type { JobRow } from './job-kind.ts';
import { keepProof } from './proofs.ts';
import type { RestoreLeg } from './tasks.ts';

/** The backup that a restore of these legs proves or disproves; null if it is none: a part says nothing of the whole, nor does a replay. */
export function backupOnTrial([leg, ...others]: readonly RestoreLeg[]): string | null {
  const isTried = leg !== undefined && others.length === 0 && leg.pointInTime === undefined && isWhole(leg.selection);
  return isTried ? leg.backupId : null;
}

/** The verdict `failed`, beside the backup and its instance. */
export async function keepFailure(
  deps: Pick<JobDeps, 'catalog' | 'repository' | 'clock'>,
  job: Pick<JobRow, 'id'>,
  { backupId, reason, seconds }: { readonly backupId: string; readonly reason: string; readonly seconds: number },
): Promise<void> {
  const proof = { verdict: 'failed', at: deps.clock.now(), jobId: job.id, seconds, bytesPerSecond: 0, reason } as const;
  const writeProof = await keepProof(deps, backupId, proof);
  await deps.catalog.db.transaction().execute(writeProof);
}

/** Does the work of a restore; where it fails for the backup's fault, that is kept beside the backup before the failure passes on. */
export async function onTrial<Result>(
  deps: Pick<JobDeps, 'catalog' | 'repository' | 'clock'>,
  job: Pick<JobRow, 'id'>,
  legs: readonly RestoreLeg[],
  work: () => Promise<Result>,
): Promise<Result> {
  const begun = deps.clock.now().getTime();
  try {
    return await work();
  } catch (error) {
    const backupId = backupOnTrial(legs);
    if (backupId !== null && isOneOf(backupFaults, error)) {
      const seconds = (deps.clock.now().getTime() - begun) / 1000;
      await keepFailure(deps, job, { backupId, reason: error.message, seconds });
    }
    throw error;
  }
}
