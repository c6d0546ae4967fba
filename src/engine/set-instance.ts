import type { EngineDeps } from './engine-deps.ts';
import { findInstance } from './find-instance.ts';
import { instanceOf } from './instance-from-row.ts';
import { instanceRecord } from './instance-record.ts';
import { lockNeedsSingle } from './lock-needs-single.ts';
import { putRecord } from './records.ts';
import type { Caller, Instance, InstanceSettings } from './use-cases.ts';

/** UseCases.setInstance. The row stays locked until the repository has the record: the last of two changes is the last in both. */
export async function setInstance(
  deps: EngineDeps,
  caller: Caller,
  instanceId: string,
  settings: InstanceSettings,
): Promise<Instance> {
  const row = await deps.catalog.db.transaction().execute(async (trx) => {
    const { mode } = await findInstance(trx, caller.projectId, instanceId);
    if (settings.lock === true && mode !== 'Single') throw lockNeedsSingle();
    const changed = await trx
      .updateTable('instances')
      .set({
        ...(settings.rateMbPerS === undefined ? {} : { rate_mb_per_s: settings.rateMbPerS }),
        ...(settings.lock === undefined ? {} : { lock: settings.lock }),
        updated: deps.clock.now(),
      })
      .where('id', '=', instanceId)
      .returningAll()
      .executeTakeFirstOrThrow();
    await putRecord(deps.repository, 'instance', instanceId, instanceRecord(changed));
    return changed;
  });
  return instanceOf(deps, row);
}
