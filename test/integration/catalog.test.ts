import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Selectable } from 'kysely';
import { describe, expect, it } from 'vitest';
import { DataFolderLock } from '../../src/catalog/data-folder-lock.ts';
import { migrateCatalog } from '../../src/catalog/migrate-catalog.ts';
import { openCatalog } from '../../src/catalog/open-catalog.ts';
import type { CatalogSchema } from '../../src/catalog/schema.ts';
import { translateCatalogError } from '../../src/catalog/translate-catalog-error.ts';
import { LarderError } from '../../src/core/errors.ts';
import { catalogPlaces, usePostgres } from '../fixtures/catalog-places.ts';
import { startPostgres } from '../fixtures/start-postgres.ts';
import { until } from '../fixtures/until.ts';
import { scriptProcess } from '../fixtures/script-process.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const open = usePostgres();

type SqlType<T> = unknown extends T ? 'jsonb' | 'jsonb?' : null extends T ? `${PlainType<NonNullable<T>>}?` : PlainType<T>;
type PlainType<T> = T extends Date
  ? 'timestamp with time zone'
  : T extends string
    ? 'text'
    : T extends number
      ? 'integer' | 'bigint' | 'double precision'
      : T extends boolean
        ? 'boolean'
        : never;

/** What src/catalog/schema.ts says, in words of SQL: the compiler compares this with the types, the test with the tables. */
const columns = {
  domains: { id: 'text', name: 'text' },
  projects: {
    id: 'text',
    domain_id: 'text',
    name: 'text',
    created: 'timestamp with time zone',
    enabled: 'boolean',
    description: 'text',
  },
  users: {
    id: 'text',
    domain_id: 'text',
    name: 'text',
    password_hash: 'text',
    created: 'timestamp with time zone',
    enabled: 'boolean',
    description: 'text',
  },
  roles: { id: 'text', name: 'text', description: 'text', policy: 'jsonb?' },
  role_grants: { user_id: 'text', role_id: 'text', scope_id: 'text' },
  tokens: {
    hash: 'text',
    user_id: 'text',
    project_id: 'text?',
    domain_id: 'text?',
    methods: 'text',
    issued: 'timestamp with time zone',
    expires: 'timestamp with time zone',
  },
  access_keys: { access: 'text', user_id: 'text', sealed_secret: 'text', created: 'timestamp with time zone' },
  instances: {
    id: 'text',
    project_id: 'text',
    name: 'text',
    mode: 'text',
    status: 'text',
    action: 'text?',
    action_job_id: 'text?',
    sealed_uri: 'text',
    address: 'text',
    server_version: 'text',
    set_name: 'text?',
    tls: 'boolean',
    nodes: 'jsonb',
    own: 'jsonb?',
    tags: 'jsonb',
    holds_user_data: 'boolean',
    rate_mb_per_s: 'double precision?',
    lock: 'boolean',
    probed: 'timestamp with time zone',
    created: 'timestamp with time zone',
    updated: 'timestamp with time zone',
  },
  backups: {
    id: 'text',
    project_id: 'text',
    name: 'text',
    description: 'text',
    instance_id: 'text',
    instance_name: 'text',
    instance_mode: 'text',
    datastore_version: 'text',
    type: 'text',
    status: 'text',
    begin_time: 'timestamp with time zone',
    end_time: 'timestamp with time zone?',
    size_bytes: 'bigint',
    fail_reason: 'text?',
    keep_days: 'integer?',
    proof: 'jsonb?',
    replay_base: 'jsonb?',
  },
  backup_policies: {
    instance_id: 'text',
    keep_days: 'integer',
    start_time: 'text?',
    period: 'text',
    revision: 'integer',
    first_due: 'boolean',
    settled_until: 'timestamp with time zone?',
    trouble: 'text?',
  },
  backup_windows: {
    instance_id: 'text',
    starts: 'timestamp with time zone',
    outcome: 'text',
    backup_id: 'text?',
    reason: 'text?',
    noted: 'timestamp with time zone',
  },
  drill_schedules: {
    instance_id: 'text',
    every_days: 'integer',
    start_time: 'text?',
    proof_days: 'integer',
    assertions: 'jsonb',
    since: 'timestamp with time zone',
    revision: 'integer',
    begun: 'timestamp with time zone?',
    job_id: 'text?',
    trouble: 'text?',
  },
  instance_proofs: { instance_id: 'text', backup_id: 'text', proof: 'jsonb', proved: 'timestamp with time zone?' },
  seen_time: { id: 'text', seen: 'timestamp with time zone', hold_until: 'timestamp with time zone' },
  oplog_followers: {
    instance_id: 'text',
    holder: 'text',
    lease_until: 'timestamp with time zone',
    state: 'text',
    cause: 'text?',
    since: 'timestamp with time zone',
    source_seconds: 'bigint?',
    window_seconds: 'bigint?',
  },
  oplog_timelines: {
    instance_id: 'text',
    project_id: 'text',
    number: 'bigint',
    begun: 'timestamp with time zone?',
    gap: 'jsonb?',
    stretches: 'jsonb',
  },
  jobs: {
    id: 'text',
    project_id: 'text',
    kind: 'text',
    name: 'text',
    status: 'text',
    instance_id: 'text',
    instance_name: 'text',
    backup_id: 'text?',
    overwrite: 'boolean',
    lock: 'boolean',
    created: 'timestamp with time zone',
    ended: 'timestamp with time zone?',
    progress: 'jsonb?',
    fail_reason: 'text?',
    queue_id: 'text',
    tries: 'integer',
    failures: 'integer',
    cancelled_by: 'text?',
    request: 'jsonb?',
    result: 'jsonb?',
  },
  audit_entries: {
    id: 'text',
    time: 'timestamp with time zone',
    project_id: 'text?',
    user_id: 'text?',
    user_name: 'text?',
    address: 'text',
    method: 'text',
    path: 'text',
    operation: 'text',
    status: 'integer',
    code: 'text?',
    request_id: 'text',
    subjects: 'jsonb',
  },
  used_signatures: { hash: 'text', expires: 'timestamp with time zone' },
  catalog_id: { only: 'boolean', id: 'text' },
  server_places: { place: 'text', seen: 'timestamp with time zone' },
  configurations: {
    id: 'text',
    project_id: 'text',
    name: 'text',
    description: 'text',
    version: 'text',
    node_type: 'text',
    parameters: 'jsonb',
    created: 'timestamp with time zone',
    updated: 'timestamp with time zone',
  },
  parameter_changes: {
    id: 'text',
    project_id: 'text',
    configuration_id: 'text?',
    instance_id: 'text?',
    parameter: 'text',
    old_value: 'text',
    new_value: 'text',
    changed: 'timestamp with time zone',
    applied: 'timestamp with time zone?',
  },
  configuration_uses: {
    id: 'text',
    project_id: 'text',
    configuration_id: 'text',
    instance_id: 'text',
    instance_name: 'text',
    applied: 'timestamp with time zone',
    failure: 'text?',
  },
  recycled_instances: {
    id: 'text',
    project_id: 'text',
    name: 'text',
    mode: 'text',
    version: 'text',
    enterprise_project_id: 'text',
    volume_gb: 'integer',
    parameters: 'jsonb',
    backup_id: 'text',
    created: 'timestamp with time zone',
    deleted: 'timestamp with time zone',
    retained_until: 'timestamp with time zone',
  },
  recycle_policies: { project_id: 'text', days: 'integer' },
} as const satisfies {
  [T in keyof CatalogSchema]: {
    [C in keyof CatalogSchema[T]]: SqlType<Selectable<CatalogSchema[T]>[C & keyof Selectable<CatalogSchema[T]>]>;
  };
};

describe.each(catalogPlaces)('the %s catalog', (place) => {
  it('migrates once, also when two open it at the same time, and has the tables that the types say', async () => {
    await using folder = await temporaryFolder();
    const where = await open(place);
    const openers = place === 'server' ? 2 : 1;
    const catalogs = await Promise.all(Array.from({ length: openers }, () => openCatalog({ dataFolder: folder.path, ...where })));
    const [catalog] = catalogs;
    if (catalog === undefined) throw new Error('no catalog');
    expect(await migrateCatalog(catalog.db)).toEqual([]);

    const tables = await catalog.db.introspection.getTables();
    const ours = tables.map((table) => table.name).filter((name) => !name.startsWith('catalog_migrations'));
    expect(ours.toSorted()).toEqual(Object.keys(columns).toSorted());
    const found: Record<string, Record<string, string>> = {};
    const { rows } = await catalog.db.executeQuery<Record<string, string>>({
      sql: `select table_name, column_name, data_type, is_nullable from information_schema.columns where table_schema = 'public'`,
      parameters: [],
      query: { kind: 'RawNode', sqlFragments: [], parameters: [] },
      queryId: { queryId: 'columns' },
    });
    for (const row of rows) {
      const table = (found[row['table_name'] ?? ''] ??= {});
      table[row['column_name'] ?? ''] = `${row['data_type']}${row['is_nullable'] === 'YES' ? '?' : ''}`;
    }
    for (const [name, expected] of Object.entries(columns)) expect(found[name], name).toEqual(expected);
    for (const each of catalogs) await each.close();
  });

  it('keeps what was written when it is opened again', async () => {
    await using folder = await temporaryFolder();
    const where = await open(place);
    {
      await using catalog = await openCatalog({ dataFolder: folder.path, ...where });
      await catalog.db.insertInto('domains').values({ id: 'd', name: 'kept' }).execute();
    }
    await using again = await openCatalog({ dataFolder: folder.path, ...where });
    expect(await again.db.selectFrom('domains').selectAll().execute()).toEqual([{ id: 'd', name: 'kept' }]);
  });
});

describe('openCatalog', () => {
  it.each([
    ['mysql://u:secret@127.0.0.1/x', 'invalid-setting'],
    ['not a url', 'invalid-setting'],
    ['postgres://u:secret@127.0.0.1:1/x', 'catalog-unavailable'],
  ])('refuses %s without telling the password', async (databaseUrl, code) => {
    await using folder = await temporaryFolder();
    const refusal = openCatalog({ dataFolder: folder.path, databaseUrl });
    await expect(refusal).rejects.toMatchObject({ code, message: expect.not.stringContaining('secret') as string });
  });
});

describe('a PostgreSQL server that goes away', () => {
  it('is catalog-unavailable to whoever asks, and ends nothing', async () => {
    await using postgres = await startPostgres();
    const broken: unknown[] = [];
    await using folder = await temporaryFolder();
    await using catalog = await openCatalog({
      dataFolder: folder.path,
      databaseUrl: await postgres.createDatabase(),
      onError: (error) => broken.push(error),
    });
    await postgres[Symbol.asyncDispose]();
    await until(() => broken.length > 0, { what: 'the broken connection to be noticed' });
    const failure = await catalog.db
      .selectFrom('domains')
      .selectAll()
      .execute()
      .catch((error: unknown) => translateCatalogError(error));
    expect(failure).toMatchObject({ code: 'catalog-unavailable', retryable: true });
  });
});

describe('translateCatalogError', () => {
  it('leaves our own errors, names what the text of a request broke, and quotes nothing of the rest', () => {
    const own = new LarderError('backup-not-found', 'x');
    expect(translateCatalogError(own)).toBe(own);
    expect(translateCatalogError(Object.assign(new Error('bytes'), { code: '22021' })).code).toBe('malformed-request');
    const bug = translateCatalogError(new TypeError('secret'));
    expect([bug.code, bug.retryable, bug.message.includes('secret')]).toEqual(['internal', false, false]);
  });
});

describe('the lock of the data folder', () => {
  it('refuses a second catalog and names the process', async () => {
    await using folder = await temporaryFolder();
    await using holder = scriptProcess('hold-data-folder.ts', [folder.path]);
    expect(await holder.line()).toBe('held');
    await expect(openCatalog({ dataFolder: folder.path })).rejects.toMatchObject({
      code: 'data-folder-locked',
      message: expect.stringContaining(String(holder.pid)) as string,
      details: { pid: holder.pid },
    });
    await holder.kill();
    // What the killed process left is nobody's: the folder is free at once.
    const lock = DataFolderLock.acquire(folder.path);
    lock[Symbol.dispose]();
  });

  it('is not fooled by a process id that somebody else has by now', async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, 'lock.pid'), `${process.ppid}\n`);
    const lock = DataFolderLock.acquire(folder.path);
    expect(() => DataFolderLock.acquire(folder.path)).toThrow(`process ${process.pid}`);
    lock[Symbol.dispose]();
    lock[Symbol.dispose]();
    DataFolderLock.acquire(folder.path)[Symbol.dispose]();
  });

  it('says what is wrong with a folder that cannot be one', async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, 'file'), '');
    expect(() => DataFolderLock.acquire(join(folder.path, 'file'))).toThrow('cannot be used');
  });
});
