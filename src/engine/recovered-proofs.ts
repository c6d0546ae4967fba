import type { CatalogTransaction } from '../catalog/schema.ts';
import type { DrillScheduleRecord, InstanceProofRecord } from './records.ts';

/** Drills go on from the last verdict that is known, so that a recovery is not followed by drills of everything at once. */
export async function insertDrillSchedule(
  trx: CatalogTransaction,
  instanceId: string,
  schedule: DrillScheduleRecord,
  last: InstanceProofRecord | undefined,
): Promise<void> {
  await trx
    .insertInto('drill_schedules')
    .values({
      instance_id: instanceId,
      every_days: schedule.everyDays,
      start_time: schedule.startTime,
      proof_days: schedule.proofDays,
      assertions: JSON.stringify(schedule.assertions),
      since: new Date(schedule.since),
      revision: 1,
      begun: last === undefined ? null : new Date(last.proof.at),
      job_id: null,
      trouble: null,
    })
    .execute();
}

export async function insertInstanceProof(
  trx: CatalogTransaction,
  instanceId: string,
  { backupId, proof, proved }: InstanceProofRecord,
): Promise<void> {
  await trx
    .insertInto('instance_proofs')
    .values({
      instance_id: instanceId,
      backup_id: backupId,
      proof: JSON.stringify(proof),
      proved: proved === null ? null : new Date(proved),
    })
    .execute();
}
