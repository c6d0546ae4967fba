import type { Selectable } from 'kysely';
import type { CatalogHandle, DrillSchedulesTable } from '../catalog/schema.ts';
import { readDrillSchedule, type DrillSchedule, type DrillScheduleRequest } from '../core/drill-schedule.ts';
import { checkInstanceId } from '../core/ids.ts';
import { LarderError } from '../core/errors.ts';
import type { EngineDeps } from './engine-deps.ts';
import { findInstance } from './find-instance.ts';
import { findProofStates } from './proofs.ts';
import { putRecord } from './records.ts';
import type { Caller, DrillScheduleState } from './use-cases.ts';

export type DrillScheduleRow = Selectable<DrillSchedulesTable>;

/** The schedule a row stands for. */
export function drillScheduleOf(row: DrillScheduleRow): DrillSchedule {
  return {
    everyDays: row.every_days,
    startTime: row.start_time,
    proofDays: row.proof_days,
    assertions: row.assertions as readonly unknown[],
  };
}

function findRow(db: CatalogHandle, instanceId: string): Promise<DrillScheduleRow | undefined> {
  return db.selectFrom('drill_schedules').selectAll().where('instance_id', '=', instanceId).executeTakeFirst();
}

/** UseCases.showDrillSchedule. */
export async function showDrillSchedule(deps: EngineDeps, caller: Caller, instanceId: string): Promise<DrillScheduleState> {
  const { db } = deps.catalog;
  const { id } = await findInstance(db, caller.projectId, checkInstanceId(instanceId));
  const row = await findRow(db, id);
  const proof = (await findProofStates(deps, [id])).get(id)!;
  return {
    schedule: row === undefined ? null : drillScheduleOf(row),
    lastBegun: row?.begun ?? null,
    lastJobId: row?.job_id ?? null,
    trouble: row?.trouble ?? null,
    proof,
  };
}

/** UseCases.setDrillSchedule. The instance's row stays locked until the repository has the record: the last of two changes is the last in both. */
export async function setDrillSchedule(
  deps: EngineDeps,
  caller: Caller,
  instanceId: string,
  request: DrillScheduleRequest | null,
): Promise<void> {
  const schedule = request === null ? null : readDrillSchedule(request);
  const now = deps.clock.now();
  await deps.catalog.db.transaction().execute(async (trx) => {
    const { id } = await findInstance(trx, caller.projectId, checkInstanceId(instanceId));
    const locked = await trx.selectFrom('instances').select('id').where('id', '=', id).forUpdate().executeTakeFirst();
    if (locked === undefined) throw new LarderError('instance-not-found', 'The instance was deleted.');
    if (schedule === null) {
      await trx.deleteFrom('drill_schedules').where('instance_id', '=', id).execute();
      await deps.repository.records.delete('drill-schedule', id);
      return;
    }
    const before = await findRow(trx, id);
    // Whoever changes a schedule all the time must not keep the instance from ever being overdue.
    const since = before?.since ?? now;
    const values = {
      every_days: schedule.everyDays,
      start_time: schedule.startTime,
      proof_days: schedule.proofDays,
      assertions: JSON.stringify(schedule.assertions),
      revision: (before?.revision ?? 0) + 1,
      trouble: null,
    };
    await trx
      .insertInto('drill_schedules')
      .values({ instance_id: id, ...values, since, begun: null, job_id: null })
      .onConflict((conflict) => conflict.column('instance_id').doUpdateSet(values))
      .execute();
    await putRecord(deps.repository, 'drill-schedule', id, { ...schedule, since: since.toISOString() });
  });
  const { assertions, ...logged } = schedule ?? { assertions: [] };
  deps.log.info({ instanceId, ...logged, assertions: assertions.length, by: caller.userName }, 'drill schedule changed');
}
