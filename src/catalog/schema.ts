/** The tables of the catalog as types. A test compares this file with what the migrations make. */
import type { ColumnType, Kysely, Transaction } from 'kysely';

/** Written as JSON text, read as the parsed value. */
type Json = ColumnType<unknown, string, string>;
type NullableJson = ColumnType<unknown, string | null, string | null>;
type Count = ColumnType<number, number | undefined, number>;

export interface DomainsTable {
  id: string;
  name: string;
}

export interface ProjectsTable {
  id: string;
  domain_id: string;
  name: string;
  created: Date;
}

export interface UsersTable {
  id: string;
  domain_id: string;
  name: string;
  password_hash: string;
  created: Date;
}

export interface RolesTable {
  id: string;
  name: string;
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

/** `action` and `action_job_id` are taken and released together: whoever sets them from null owns the instance meanwhile. */
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
}

/** `queue_id` is the delivery that may run the job; `tries` counts its starts and fences a try that was taken over. */
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
  created: Date;
  ended: Date | null;
  progress: NullableJson;
  fail_reason: string | null;
  queue_id: string;
  tries: Count;
  failures: Count;
}

export interface CatalogSchema {
  domains: DomainsTable;
  projects: ProjectsTable;
  users: UsersTable;
  roles: RolesTable;
  role_grants: RoleGrantsTable;
  tokens: TokensTable;
  access_keys: AccessKeysTable;
  instances: InstancesTable;
  backups: BackupsTable;
  jobs: JobsTable;
}

export type CatalogTransaction = Transaction<CatalogSchema>;

/** Where a query may run: the catalog itself, or a transaction of it. */
export type CatalogHandle = Kysely<CatalogSchema> | CatalogTransaction;
