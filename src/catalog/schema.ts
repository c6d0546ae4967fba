/** The tables of the catalog as types. A test compares this file with what the migrations make. */
import type { ColumnType, Kysely, Transaction } from 'kysely';

/** Written as JSON text, read as the parsed value. */
type Json = ColumnType<unknown, string, string>;
type NullableJson = ColumnType<unknown, string | null, string | null>;
type Count = ColumnType<number, number | undefined, number>;
/** True, or empty, unless given when the row is made. */
type Enabled = ColumnType<boolean, boolean | undefined, boolean>;
/** False unless given when the row is made. */
type Switch = ColumnType<boolean, boolean | undefined, boolean>;
type Text = ColumnType<string, string | undefined, string>;
/** An empty array unless given when the row is made. */
type JsonList = ColumnType<unknown, string | undefined, string>;
type OptionalJson = ColumnType<unknown, string | null | undefined, string | null>;
/** May be left out when a row is made; then it is null. */
type NullableNumber = ColumnType<number | null, number | null | undefined, number | null>;

export interface DomainsTable {
  id: string;
  name: string;
}

export interface ProjectsTable {
  id: string;
  domain_id: string;
  name: string;
  created: Date;
  enabled: Enabled;
  description: Text;
}

export interface UsersTable {
  id: string;
  domain_id: string;
  name: string;
  password_hash: string;
  created: Date;
  enabled: Enabled;
  description: Text;
}

/** `policy` is null for a built-in role, which is known by its name. */
export interface RolesTable {
  id: string;
  name: string;
  description: Text;
  policy: OptionalJson;
}

/** `scope_id` is a project, or a domain and then all its projects. */
export interface RoleGrantsTable {
  user_id: string;
  role_id: string;
  scope_id: string;
}

/** `hash` is the SHA-256 of the token: who reads the catalog cannot use what stands there. */
export interface TokensTable {
  hash: string;
  user_id: string;
  project_id: string | null;
  domain_id: string | null;
  methods: string;
  issued: Date;
  expires: Date;
}

export interface AccessKeysTable {
  access: string;
  user_id: string;
  sealed_secret: string;
  created: Date;
}

/**
 * `action` and `action_job_id` are taken and released together: whoever sets them from null owns the instance meanwhile. `lock`:
 * backups of a single server keep everybody from writing. `rate_mb_per_s`: how fast they may read. `own`: what is particular to an
 * instance whose servers Larder started itself; null for one that runs elsewhere.
 */
export interface InstancesTable {
  id: string;
  project_id: string;
  name: string;
  mode: string;
  status: string;
  action: string | null;
  action_job_id: string | null;
  sealed_uri: string;
  address: string;
  server_version: string;
  set_name: string | null;
  tls: boolean;
  nodes: Json;
  holds_user_data: boolean;
  rate_mb_per_s: NullableNumber;
  lock: Switch;
  own: OptionalJson;
  tags: JsonList;
  probed: Date;
  created: Date;
  updated: Date;
}

export interface BackupsTable {
  id: string;
  project_id: string;
  name: string;
  description: string;
  instance_id: string;
  instance_name: string;
  instance_mode: string;
  datastore_version: string;
  type: string;
  status: string;
  begin_time: Date;
  end_time: Date | null;
  size_bytes: Count;
  fail_reason: string | null;
  keep_days: NullableNumber;
  proof: OptionalJson;
  replay_base: OptionalJson;
}

/**
 * The policy of an instance, and how far it was carried out: `revision` counts changes; `first_due` while a backup is owed at once;
 * windows that ended up to `settled_until` are accounted for (null: from now on); `trouble` is why no backup could begin last time.
 */
export interface BackupPoliciesTable {
  instance_id: string;
  keep_days: number;
  start_time: string | null;
  period: string;
  revision: number;
  first_due: boolean;
  settled_until: Date | null;
  trouble: string | null;
}

/** What came of a window: a row is a claim, so that of several servers one begins the backup. `outcome` is started or missed. */
export interface BackupWindowsTable {
  instance_id: string;
  starts: Date;
  outcome: string;
  backup_id: string | null;
  reason: string | null;
  noted: Date;
}

/**
 * How often the newest backup of an instance is proved: `since` it was set; `revision` counts changes; the last drill was `begun` as
 * job `job_id` (null: none yet); `trouble` is why none could begin last time.
 */
export interface DrillSchedulesTable {
  instance_id: string;
  every_days: number;
  start_time: string | null;
  proof_days: number;
  assertions: Json;
  since: Date;
  revision: number;
  begun: Date | null;
  job_id: string | null;
  trouble: string | null;
}

/** The newest verdict on any backup of an instance, also one that is gone by now; `proved` is when one was proved for the last time. */
export interface InstanceProofsTable {
  instance_id: string;
  backup_id: string;
  proof: Json;
  proved: Date | null;
}

/** One row: what was last seen of the clock. */
export interface SeenTimeTable {
  id: string;
  seen: Date;
  hold_until: Date;
}

/**
 * `queue_id` is the delivery that may run the job; `tries` counts its starts and fences a try that was taken over. `cancelled_by`
 * names who wants the job ended; it is kept afterwards. `request` and `result` are the kind's own.
 */
export interface JobsTable {
  id: string;
  project_id: string;
  kind: string;
  name: string;
  status: string;
  instance_id: string;
  instance_name: string;
  backup_id: string | null;
  overwrite: boolean;
  lock: Switch;
  created: Date;
  ended: Date | null;
  progress: NullableJson;
  fail_reason: string | null;
  queue_id: string;
  tries: Count;
  failures: Count;
  cancelled_by: ColumnType<string | null, string | null | undefined, string | null>;
  request: OptionalJson;
  result: OptionalJson;
}

/**
 * Who archives the oplog of an instance, until when nobody else does, and how it goes: `state` is following or stalled, `cause` says
 * why it stalls, `since` when the state last changed. `source_seconds` is the newest second of the source that was seen.
 */
export interface OplogFollowersTable {
  instance_id: string;
  holder: string;
  lease_until: Date;
  state: string;
  cause: string | null;
  since: Date;
  source_seconds: NullableNumber;
  window_seconds: NullableNumber;
}

/** What the repository holds of an instance's oplog, by timeline. It outlives the instance, as what it tells of does. */
export interface OplogTimelinesTable {
  instance_id: string;
  project_id: string;
  number: number;
  begun: Date | null;
  gap: NullableJson;
  stretches: Json;
}

/** Who did what. It refers to nothing, so that it outlives what it is about; `subjects` holds ids by name. */
export interface AuditEntriesTable {
  id: string;
  time: Date;
  project_id: string | null;
  user_id: string | null;
  user_name: string | null;
  address: string;
  method: string;
  path: string;
  operation: string;
  status: number;
  code: string | null;
  request_id: string;
  subjects: Json;
}

/** Hashes of request signatures that changed something, until they are too old to be accepted again. */
export interface UsedSignaturesTable {
  hash: string;
  expires: Date;
}

/** A deleted instance of Larder's own; its row's id is the instance's. */
export interface RecycledInstancesTable {
  id: string;
  project_id: string;
  name: string;
  mode: string;
  version: string;
  enterprise_project_id: string;
  volume_gb: number;
  parameters: Json;
  backup_id: string;
  created: Date;
  deleted: Date;
  retained_until: Date;
}

/** For how many days deleted instances of a project can come back; 7 where there is no row. */
export interface RecyclePoliciesTable {
  project_id: string;
  days: number;
}

/** A parameter template that somebody made; `parameters` holds what differs from the defaults, by name. */
export interface ConfigurationsTable {
  id: string;
  project_id: string;
  name: string;
  description: string;
  version: string;
  node_type: string;
  parameters: Json;
  created: Date;
  updated: Date;
}

/** One change of one parameter, of a template or of an instance. `applied`: since when it is in force; null: not yet. */
export interface ParameterChangesTable {
  id: string;
  project_id: string;
  configuration_id: string | null;
  instance_id: string | null;
  parameter: string;
  old_value: string;
  new_value: string;
  changed: Date;
  applied: Date | null;
}

/** A template was applied to an instance, or could not be. */
export interface ConfigurationUsesTable {
  id: string;
  project_id: string;
  configuration_id: string;
  instance_id: string;
  instance_name: string;
  applied: Date;
  failure: string | null;
}

/** The place of own instances, and when a server of Larder last looked after those there. */
export interface ServerPlacesTable {
  place: string;
  seen: Date;
}

/** One row: which catalog this is. */
export interface CatalogIdTable {
  only: boolean;
  id: string;
}

export interface CatalogSchema {
  catalog_id: CatalogIdTable;
  server_places: ServerPlacesTable;
  configurations: ConfigurationsTable;
  parameter_changes: ParameterChangesTable;
  configuration_uses: ConfigurationUsesTable;
  domains: DomainsTable;
  projects: ProjectsTable;
  users: UsersTable;
  roles: RolesTable;
  role_grants: RoleGrantsTable;
  tokens: TokensTable;
  access_keys: AccessKeysTable;
  instances: InstancesTable;
  backups: BackupsTable;
  backup_policies: BackupPoliciesTable;
  backup_windows: BackupWindowsTable;
  drill_schedules: DrillSchedulesTable;
  instance_proofs: InstanceProofsTable;
  seen_time: SeenTimeTable;
  jobs: JobsTable;
  oplog_followers: OplogFollowersTable;
  oplog_timelines: OplogTimelinesTable;
  audit_entries: AuditEntriesTable;
  used_signatures: UsedSignaturesTable;
  recycled_instances: RecycledInstancesTable;
  recycle_policies: RecyclePoliciesTable;
}

export type CatalogTransaction = Transaction<CatalogSchema>;

/** Where a query may run: the catalog itself, or a transaction of it. */
export type CatalogHandle = Kysely<CatalogSchema> | CatalogTransaction;
