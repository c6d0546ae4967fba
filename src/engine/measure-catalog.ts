import { translateCatalogError } from '../catalog/translate-catalog-error.ts';
import type { EngineDeps } from './engine-deps.ts';
import { measureArchives, type ArchiveFigures } from './follow/archive-state.ts';
import { findInstanceProofs, findProofStates, proofFromRow } from './proofs.ts';
import type { JobProgress } from './use-cases.ts';

/** So many instances have figures of their own: whoever makes thousands must not fill the memory of who collects them. */
const mostListed = 1000;

/** Ages in seconds, never negative. */
export interface InstanceFigures {
  readonly labels: { readonly project: string; readonly instance: string; readonly name: string };
  readonly backupAge: number | null;
  readonly proofAge: number | null;
  readonly overdue: boolean;
  /** null where its oplog is not archived. */
  readonly archive: ArchiveFigures | null;
  readonly last: { readonly good: boolean; readonly seconds: number; readonly bytesPerSecond: number } | null;
}

/** What the catalog says of an installation, in numbers. */
export interface CatalogFigures {
  readonly backups: readonly { readonly state: string; readonly type: string; readonly count: number }[];
  readonly jobs: readonly { readonly kind: string; readonly state: string; readonly count: number }[];
  readonly rates: readonly { readonly kind: string; readonly bytesPerSecond: number }[];
  readonly instances: number;
  readonly listed: readonly InstanceFigures[];
  readonly backupTrouble: number;
  readonly drillTrouble: number;
  readonly clockHeld: boolean;
}

/** Counts now. `catalog-unavailable`. */
export async function measureCatalog(deps: Pick<EngineDeps, 'catalog' | 'clock'>): Promise<CatalogFigures> {
  try {
    return await measure(deps);
  } catch (error) {
    throw translateCatalogError(error);
  }
}

async function measure(deps: Pick<EngineDeps, 'catalog' | 'clock'>): Promise<CatalogFigures> {
  const { db } = deps.catalog;
  const now = deps.clock.now();
  const backups = await db
    .selectFrom('backups')
    .select((e) => ['status as state', 'type', e.fn.countAll<number>().as('count')])
    .groupBy(['status', 'type'])
    .execute();
  const jobs = await db
    .selectFrom('jobs')
    .select((e) => ['kind', 'status as state', e.fn.countAll<number>().as('count')])
    .groupBy(['kind', 'status'])
    .execute();
  const running = await db.selectFrom('jobs').select(['kind', 'progress']).where('status', '=', 'Running').execute();
  const rates = new Map<string, number>();
  for (const { kind, progress } of running) {
    rates.set(kind, (rates.get(kind) ?? 0) + ((progress as JobProgress | null)?.bytesPerSecond ?? 0));
  }
  const { total } = await db
    .selectFrom('instances')
    .select((e) => e.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  const troubled = async (table: 'backup_policies' | 'drill_schedules'): Promise<number> =>
    (
      await db
        .selectFrom(table)
        .select((e) => e.fn.countAll<number>().as('count'))
        .where('trouble', 'is not', null)
        .executeTakeFirstOrThrow()
    ).count;
  const seen = await db.selectFrom('seen_time').select('hold_until').executeTakeFirst();
  return {
    backups,
    jobs,
    rates: [...rates].map(([kind, bytesPerSecond]) => ({ kind, bytesPerSecond })),
    instances: total,
    listed: await measureInstances(deps, now),
    backupTrouble: await troubled('backup_policies'),
    drillTrouble: await troubled('drill_schedules'),
    clockHeld: seen !== undefined && now < seen.hold_until,
  };
}

async function measureInstances(deps: Pick<EngineDeps, 'catalog' | 'clock'>, now: Date): Promise<readonly InstanceFigures[]> {
  const { db } = deps.catalog;
  const rows = await db
    .selectFrom('instances')
    .select((e) => [
      'id',
      'project_id',
      'name',
      e
        .selectFrom('backups')
        .select((b) => b.fn.max('begin_time').as('newest'))
        .whereRef('backups.instance_id', '=', 'instances.id')
        .where('status', '=', 'COMPLETED')
        .as('newest'),
    ])
    .orderBy('created')
    .orderBy('id')
    .limit(mostListed)
    .execute();
  const ids = rows.map(({ id }) => id);
  const states = await findProofStates(deps, ids);
  const proofs = await findInstanceProofs(db, ids);
  const archives = await measureArchives(db, ids);
  const age = (time: Date | null): number | null => (time === null ? null : Math.max(0, (now.getTime() - time.getTime()) / 1000));
  return rows.map(({ id, project_id: project, name, newest }) => {
    const state = states.get(id)!;
    const row = proofs.get(id);
    const last = row === undefined ? null : proofFromRow(row.proof)!;
    return {
      labels: { project, instance: id, name },
      backupAge: age(newest),
      proofAge: age(state.provedAt),
      overdue: state.state === 'overdue',
      archive: archives.get(id) ?? null,
      last:
        last === null ? null : { good: last.verdict === 'proved', seconds: last.seconds, bytesPerSecond: last.bytesPerSecond },
    };
  });
}
