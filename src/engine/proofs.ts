import type { CatalogHandle, CatalogTransaction, DrillSchedulesTable, InstanceProofsTable } from '../catalog/schema.ts';
import type { Selectable } from 'kysely';
import { proofState } from '../core/drill-schedule.ts';
import type { EngineDeps } from './engine-deps.ts';
import { putRecord } from './records.ts';
import type { BackupProof, InstanceProof } from './use-cases.ts';

/** The proof in a row. */
export function proofFromRow(proof: unknown): BackupProof | null {
  if (proof === null) return null;
  const stored = proof as Omit<BackupProof, 'at'> & { readonly at: string };
  return { ...stored, at: new Date(stored.at) };
}

/**
 * Keeps a verdict: in the repository once resolved, beside the backup and its instance once the function it gives has run in a
 * transaction. The newest one stands; an instance keeps it when the backup is deleted.
 */
export async function keepProof(
  deps: Pick<EngineDeps, 'catalog' | 'repository'>,
  backupId: string,
  proof: BackupProof,
): Promise<(trx: CatalogTransaction) => Promise<void>> {
  const { db } = deps.catalog;
  const backup = await db
    .selectFrom('backups')
    .select(['project_id', 'instance_id'])
    .where('id', '=', backupId)
    .executeTakeFirst();
  if (backup === undefined) return async () => {};
  const { project_id: projectId, instance_id: instanceId } = backup;
  const before = (await findInstanceProofs(db, [instanceId])).get(instanceId);
  const proved = proof.verdict === 'proved' ? proof.at : (before?.proved ?? null);
  const stored = { ...proof, at: proof.at.toISOString() };
  await putRecord(deps.repository, 'proof', backupId, { projectId, proof: stored });
  await putRecord(deps.repository, 'instance-proof', instanceId, {
    backupId,
    proof: stored,
    proved: proved?.toISOString() ?? null,
  });
  return async (trx) => {
    const json = JSON.stringify(stored);
    await trx.updateTable('backups').set({ proof: json }).where('id', '=', backupId).execute();
    // Of an instance that is gone only its manual backups are left.
    const instance = await trx.selectFrom('instances').select('id').where('id', '=', instanceId).executeTakeFirst();
    if (instance === undefined) return;
    const values = { backup_id: backupId, proof: json, proved };
    await trx
      .insertInto('instance_proofs')
      .values({ instance_id: instanceId, ...values })
      .onConflict((conflict) => conflict.column('instance_id').doUpdateSet(values))
      .execute();
  };
}

type ProofRow = Selectable<InstanceProofsTable>;
type ScheduleRow = Selectable<DrillSchedulesTable>;

/** The newest proofs of these instances, by id; those without one are missing. */
export async function findInstanceProofs(
  db: CatalogHandle,
  instanceIds: readonly string[],
): Promise<ReadonlyMap<string, ProofRow>> {
  if (instanceIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('instance_proofs')
    .selectAll()
    .where('instance_id', 'in', [...instanceIds])
    .execute();
  return new Map(rows.map((row) => [row.instance_id, row]));
}

/** How these instances stand, by id. */
export async function findProofStates(
  { catalog, clock }: Pick<EngineDeps, 'catalog' | 'clock'>,
  instanceIds: readonly string[],
): Promise<ReadonlyMap<string, InstanceProof>> {
  if (instanceIds.length === 0) return new Map();
  const { db } = catalog;
  const proofs = await findInstanceProofs(db, instanceIds);
  const rows = await db
    .selectFrom('drill_schedules')
    .selectAll()
    .where('instance_id', 'in', [...instanceIds])
    .execute();
  const schedules = new Map(rows.map((row) => [row.instance_id, row]));
  const now = clock.now();
  return new Map(instanceIds.map((id) => [id, instanceProof(schedules.get(id), proofs.get(id), now)]));
}

function instanceProof(schedule: ScheduleRow | undefined, row: ProofRow | undefined, now: Date): InstanceProof {
  const last = row === undefined ? null : proofFromRow(row.proof)!;
  const facts = last === null ? null : { verdict: last.verdict, provedAt: row!.proved };
  return {
    state: proofState(schedule === undefined ? null : { proofDays: schedule.proof_days, since: schedule.since }, facts, now),
    lastVerdict: last?.verdict ?? null,
    lastAt: last?.at ?? null,
    provedAt: row?.proved ?? null,
    backupId: row?.backup_id ?? null,
    allowedDays: schedule?.proof_days ?? null,
  };
}
