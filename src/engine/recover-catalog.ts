import type { CatalogHandle, CatalogTransaction } from '../catalog/schema.ts';
import { insertBackup } from './insert-backup.ts';
import { LarderError } from '../core/errors.ts';
import { insertConfigurations, readConfigurations } from './configurations/recovered-configurations.ts';
import type { EngineDeps } from './engine-deps.ts';
import { rowOfRecord } from './instance-record.ts';
import { refreshTimelines } from './follow/archive-rows.ts';
import { readBackupHeads, withUniqueNames, type BackupHead, type Renamed, type Unreadable } from './recovered-backups.ts';
import { insertRecycled } from './instances/recycle-bin.ts';
import { insertDrillSchedule, insertInstanceProof } from './recovered-proofs.ts';
import {
  readRecords,
  type InstanceRecord,
  type PolicyRecord,
  type ProofRecord,
  type RecycledInstanceRecord,
  type RecyclePolicyRecord,
  type UserRecord,
} from './records.ts';

/** What came back, and what could not. */
export interface RecoveredCatalog {
  readonly projects: number;
  readonly users: number;
  readonly accessKeys: number;
  readonly instances: number;
  readonly backups: number;
  /** Backups whose manifest cannot be read, with the reason. Nothing is lost by recovering the others. */
  readonly unreadable: readonly Unreadable[];
  /** Backups that had to take another name because a newer one has theirs. */
  readonly renamed: readonly Renamed[];
}

type RecoverDeps = Pick<EngineDeps, 'catalog' | 'repository'>;
type Found<R> = { readonly id: string; readonly record: R };

/** True if the catalog holds nobody and nothing: no domains and with them no users, projects, instances or backups. */
export async function catalogIsEmpty(db: CatalogHandle): Promise<boolean> {
  return (await db.selectFrom('domains').select('id').limit(1).executeTakeFirst()) === undefined;
}

/** `operation-illegal` for a catalog that holds anything. */
export async function refuseUnlessEmpty(db: CatalogHandle): Promise<void> {
  if (await catalogIsEmpty(db)) return;
  throw new LarderError('operation-illegal', 'The catalog is not empty; only an empty one can be recovered.');
}

/**
 * Makes an empty catalog from the repository: domains, projects, users with their password hashes, access keys, instances
 * with their policies, drills and proofs, and every backup whose manifest can be read. All or nothing, as far as the catalog goes. Jobs and tokens do not come back.
 * `operation-illegal` if the catalog is not empty; errors of the repository other than of single manifests pass through.
 */
export async function recoverCatalog(deps: RecoverDeps): Promise<RecoveredCatalog> {
  const { db } = deps.catalog;
  await refuseUnlessEmpty(db);

  const domains = await readRecords(deps.repository, 'domain');
  const projects = await readRecords(deps.repository, 'project');
  const roles = await readRecords(deps.repository, 'role');
  const users = await readRecords(deps.repository, 'user');
  const keys = await readRecords(deps.repository, 'access-key');
  const instances = await readRecords(deps.repository, 'instance');
  const policies = await readRecords(deps.repository, 'policy');
  const drills = await readRecords(deps.repository, 'drill-schedule');
  const proofs = new Map((await readRecords(deps.repository, 'proof')).map(({ id, record }) => [id, record]));
  const instanceProofs = new Map((await readRecords(deps.repository, 'instance-proof')).map(({ id, record }) => [id, record]));
  const recycled = await readRecords(deps.repository, 'recycled-instance');
  const configurations = await readConfigurations(deps.repository);
  const recyclePolicies = await readRecords(deps.repository, 'recycle-policy');
  const { heads, unreadable } = await readBackupHeads(
    deps.repository,
    projects.map(({ id }) => id),
  );
  const { backups, renamed } = withUniqueNames(heads);

  // A user whose deletion was cut short leaves keys without an owner.
  const userIds = new Set(users.map(({ id }) => id));
  const ownedKeys = keys.filter(({ record }) => userIds.has(record.userId));

  await db.transaction().execute(async (trx) => {
    for (const { id, record } of domains) await trx.insertInto('domains').values({ id, name: record.name }).execute();
    for (const { id, record } of projects) {
      const created = new Date(record.created);
      const { name, enabled = true, description = '' } = record;
      await trx.insertInto('projects').values({ id, domain_id: record.domainId, name, created, enabled, description }).execute();
    }
    for (const { id, record } of roles) {
      const { name, description, policy } = record;
      // Two servers that started at the same time may both have written a built-in one.
      await trx
        .insertInto('roles')
        .values({ id, name, description, policy: policy === null ? null : JSON.stringify(policy) })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    }
    for (const user of users) await insertUser(trx, user);
    for (const { id, record } of ownedKeys) {
      const created = new Date(record.created);
      await trx
        .insertInto('access_keys')
        .values({ access: id, user_id: record.userId, sealed_secret: record.sealedSecret, created })
        .execute();
    }
    for (const instance of instances) await insertInstance(trx, instance);
    const known = new Set(instances.map(({ id }) => id));
    for (const policy of policies) if (known.has(policy.id)) await insertPolicy(trx, policy);
    for (const { id, record } of drills) if (known.has(id)) await insertDrillSchedule(trx, id, record, instanceProofs.get(id));
    for (const [id, record] of instanceProofs) if (known.has(id)) await insertInstanceProof(trx, id, record);
    const modes = new Map<string, string>([...recycled, ...instances].map(({ id, record }) => [id, record.mode]));
    for (const backup of backups) {
      await listBackup(trx, backup, modes.get(backup.instanceId) ?? backup.mode, proofs.get(backup.backupId));
    }
    const projectIds = new Set(projects.map(({ id }) => id));
    await insertConfigurations(trx, configurations, { projectIds, instanceIds: known });
    await insertRecycleBin(trx, { recycled, recyclePolicies, projectIds });
    const archived = new Map([...instances, ...recycled].map(({ id, record }) => [id, record.projectId]));
    // What a deleted instance left must be found to be removed.
    for (const { instanceId, projectId } of backups) archived.set(instanceId, projectId);
    for (const [instanceId, projectId] of archived)
      await refreshTimelines(trx, { repository: deps.repository, projectId, instanceId });
  });
  return {
    projects: projects.length,
    users: users.length,
    accessKeys: ownedKeys.length,
    instances: instances.length,
    backups: backups.length,
    unreadable,
    renamed,
  };
}

interface RecycleBin {
  readonly recycled: readonly Found<RecycledInstanceRecord>[];
  readonly recyclePolicies: readonly Found<RecyclePolicyRecord>[];
  readonly projectIds: ReadonlySet<string>;
}

async function insertRecycleBin(trx: CatalogTransaction, { recycled, recyclePolicies, projectIds }: RecycleBin): Promise<void> {
  for (const { id, record } of recycled) {
    if (!projectIds.has(record.projectId)) continue;
    const values = {
      project_id: record.projectId,
      name: record.name,
      mode: record.mode,
      version: record.version,
      enterprise_project_id: record.enterpriseProjectId,
      volume_gb: record.volumeGb,
      parameters: JSON.stringify(record.parameters ?? {}),
      backup_id: record.backupId,
      created: new Date(record.created),
      deleted: new Date(record.deleted),
      retained_until: new Date(record.retainedUntil),
    };
    await insertRecycled(trx, id, values, record.keepDays);
  }
  for (const { id, record } of recyclePolicies) {
    if (projectIds.has(id)) await trx.insertInto('recycle_policies').values({ project_id: id, days: record.days }).execute();
  }
}

async function insertUser(trx: CatalogTransaction, { id, record }: Found<UserRecord>): Promise<void> {
  const created = new Date(record.created);
  await trx
    .insertInto('users')
    .values({
      id,
      domain_id: record.domainId,
      name: record.name,
      password_hash: record.passwordHash,
      created,
      enabled: record.enabled ?? true,
      description: record.description ?? '',
    })
    .execute();
  for (const grant of record.grants) {
    await trx
      .insertInto('roles')
      .values({ id: grant.roleId, name: grant.role })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    await trx.insertInto('role_grants').values({ user_id: id, role_id: grant.roleId, scope_id: grant.scopeId }).execute();
  }
}

/** As last seen; `probed` long ago, so that it is asked again before anything is done with it. */
async function insertInstance(trx: CatalogTransaction, { id, record }: Found<InstanceRecord>): Promise<void> {
  const row = rowOfRecord(id, record, { status: 'normal', probed: new Date(0) });
  await trx.insertInto('instances').values(row).execute();
}

/** Windows count from the first look on: which of the earlier ones had their backup nobody knows any more. */
async function insertPolicy(trx: CatalogTransaction, { id, record }: Found<PolicyRecord>): Promise<void> {
  await trx
    .insertInto('backup_policies')
    .values({
      instance_id: id,
      keep_days: record.keepDays,
      start_time: record.startTime,
      period: record.period,
      revision: 1,
      first_due: false,
      settled_until: null,
      trouble: null,
    })
    .execute();
}

async function listBackup(
  trx: CatalogTransaction,
  backup: BackupHead,
  mode: string,
  verdict: ProofRecord | undefined,
): Promise<void> {
  const listed = await insertBackup(trx, {
    ...backup,
    id: backup.backupId,
    instance: { id: backup.instanceId, name: backup.instanceName, mode },
    begin: backup.startedAt,
    stored: { end: backup.finishedAt, sizeBytes: backup.sizeBytes },
    proof: verdict?.proof,
  });
  if (!listed) throw new LarderError('internal', `two backups of a project have the name ${backup.name}`);
}
