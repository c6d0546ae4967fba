import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCatalog } from '../../src/catalog/open-catalog.ts';
import { putRecord, readRecords } from '../../src/engine/records.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { openRepository } from '../../src/repository/open-repository.ts';
import { openStore } from '../../src/storage/open-store.ts';
import { endedJob } from '../fixtures/ended-job.ts';
import { holdable, holdReads } from '../fixtures/hold-server.ts';
import { instanceState } from '../fixtures/instance-state.ts';
import { replicaSet } from '../fixtures/replica-set.ts';
import { startLarder, type Larder } from '../fixtures/start-larder.ts';
import { startPostgres, type TestPostgres } from '../fixtures/start-postgres.ts';
import { startS3Server, type S3Server } from '../fixtures/start-s3-server.ts';
import { temporaryFolder, type TemporaryFolder } from '../fixtures/temporary-folder.ts';
import { until } from '../fixtures/until.ts';

describe('two servers on one PostgreSQL and one S3 bucket', () => {
  const set = replicaSet({ members: 1, extraArguments: holdable });
  let s3: S3Server;
  let postgres: TestPostgres;
  let folder: TemporaryFolder;
  let settings: Readonly<Record<string, string>>;
  let servers: Larder[];
  let P: string;
  let instanceId: string;

  const start = async (name: string, others: Readonly<Record<string, string>> = {}): Promise<Larder> => {
    const dataFolder = join(folder.path, name);
    await mkdir(dataFolder, { recursive: true });
    return startLarder({ dataFolder, settings: { ...settings, ...others } });
  };
  const ended = async (larder: Larder, jobId: string): Promise<string> => (await endedJob(larder, jobId)).status;
  /** How often each answer was given to requests that go to both servers at the same time, in turns. */
  const race = async (count: number, send: (larder: Larder, n: number) => Promise<Response>): Promise<Record<string, number>> => {
    const answers = await Promise.all(Array.from({ length: count }, (_, n) => send(servers[n % 2]!, n)));
    const counts: Record<string, number> = {};
    for (const answer of answers) {
      const { error_code: code } = (await answer.json()) as { error_code?: string };
      const shown = answer.ok ? '200' : `${answer.status} ${code}`;
      counts[shown] = (counts[shown] ?? 0) + 1;
    }
    return counts;
  };

  beforeAll(async () => {
    await using client = new MongoClient(set().uri);
    const many = Array.from({ length: 8000 }, (_, n) => ({ n, text: `order ${n} `.repeat(30) }));
    await client.db('shop').collection('orders').insertMany(many);
    s3 = await startS3Server();
    postgres = await startPostgres();
    folder = await temporaryFolder();
    settings = {
      ...s3.environment,
      LARDER_DATABASE_URL: await postgres.createDatabase(),
      LARDER_REPOSITORY: await s3.createBucket('shared'),
      LARDER_REPOSITORY_PASSPHRASE: 'a passphrase of the test',
    };
    servers = await Promise.all([start('one'), start('two')]);
    P = `/v3/${servers[0]!.projectId}`;
    const { id } = await servers[0]!.call<{ id: string }>('POST', `/larder/v1/${servers[0]!.projectId}/instances/adopt`, {
      name: 'shop-set',
      uri: set().uri,
    });
    instanceId = id;
  });
  afterAll(async () => {
    for (const larder of servers ?? []) await larder[Symbol.asyncDispose]();
    await postgres?.[Symbol.asyncDispose]();
    await s3?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  it('that begin at the same time on nothing are one installation', async () => {
    const [one, two] = servers as [Larder, Larder];
    expect(two.projectId).toBe(one.projectId);
    expect(await two.call('GET', `${P}/instances`)).toMatchObject({ instances: [{ id: instanceId, status: 'normal' }] });
  });

  it('a third with another catalog does not start, and says why', async () => {
    const databaseUrl = await postgres.createDatabase();
    const other = await openCatalog({ dataFolder: folder.path, databaseUrl });
    await other.db.insertInto('domains').values({ id: 'default', name: 'Default' }).execute();
    await other.close();
    await expect(start('three', { LARDER_DATABASE_URL: databaseUrl })).rejects.toThrow(
      /larder: The repository belongs to another Larder, with another catalog/,
    );
    expect((await servers[1]!.send('GET', `${P}/instances`)).status).toBe(200);
  });

  it('A1, A8: creations with one name over both give one backup, and so do those with many names on one instance', async () => {
    const create = (name: (n: number) => string) => (larder: Larder, n: number) =>
      larder.send('POST', `${P}/backups`, { backup: { instance_id: instanceId, name: name(n) } });
    expect(
      await race(
        40,
        create(() => 'same-name'),
      ),
    ).toEqual({ '200': 1, '400 DBS.201201': 39 });
    const list = () =>
      servers[1]!.call<{ backups: { id: string; name: string; status: string }[] }>(
        'GET',
        `${P}/backups?instance_id=${instanceId}`,
      );
    const settled = async (): Promise<void> => {
      await until(async () => (await list()).backups.every(({ status }) => status !== 'BUILDING'), {
        what: 'the end of every backup',
      });
      const { jobs } = await servers[1]!.call<{ jobs: { status: string; fail_reason: string | null }[] }>(
        'GET',
        `/v3.1/${servers[1]!.projectId}/jobs`,
      );
      expect(jobs.filter(({ status }) => status !== 'Completed')).toEqual([]);
    };
    await settled();
    await using client = new MongoClient(set().uri);
    await client.db('shop').collection('new').insertOne({ n: 1 });
    const held = await holdReads(client, 'shop.new');
    expect(
      await race(
        20,
        create((n) => `different-${n}`),
      ),
    ).toEqual({ '200': 1, '403 DBS.201014': 19 });
    await held.release();
    await settled();
    expect((await list()).backups).toHaveLength(2);

    const { id } = (await list()).backups[0]!;
    const { files } = await servers[0]!.call<{ files: { download_link: string }[] }>(
      'GET',
      `${P}/backups/download-file?instance_id=${instanceId}&backup_id=${id}`,
    );
    // A link that one made is followed at the other, and whoever deletes a backup that is being deleted gets the job that does.
    const elsewhere = files[0]!.download_link.replace(servers[0]!.endpoint, servers[1]!.endpoint);
    expect((await fetch(elsewhere, { method: 'HEAD' })).status).toBe(200);
    const deletions = await Promise.all(
      Array.from({ length: 10 }, (_, n) => servers[n % 2]!.send('DELETE', `${P}/backups/${id}`)),
    );
    const jobs = await Promise.all(deletions.map(async (answer) => ((await answer.json()) as { job_id?: string }).job_id));
    expect(new Set(jobs).size).toBe(1);
    expect(await ended(servers[0]!, jobs[0]!)).toBe('Completed');
    expect((await list()).backups).toHaveLength(1);
  });

  it('one takes over what the other was working on when it was killed', async () => {
    const [one, two] = servers as [Larder, Larder];
    await two.kill();
    await using client = new MongoClient(set().uri);
    const more = Array.from({ length: 8000 }, (_, n) => ({ n, text: `more ${n} `.repeat(40) }));
    await client.db('shop').collection('more').insertMany(more);
    const held = await holdReads(client, 'shop.more');
    const made = await one.call<{ job_id: string; backup_id: string }>('POST', `${P}/backups`, {
      backup: { instance_id: instanceId, name: 'taken-over' },
    });
    const tries = async (): Promise<number> => {
      const database = new pg.Client({ connectionString: settings['LARDER_DATABASE_URL'] });
      await database.connect();
      try {
        return Number(
          (await database.query<{ tries: number }>('SELECT tries FROM jobs WHERE id = $1', [made.job_id])).rows[0]!.tries,
        );
      } finally {
        await database.end();
      }
    };
    await until(async () => (await tries()) === 1, { what: 'the first server to work on it' });
    servers[1] = await start('two');
    await one.kill();
    await held.release();
    expect(await ended(servers[1], made.job_id)).toBe('Completed');
    expect(await tries()).toBe(2);

    const before = await instanceState(client);
    await client.db('shop').dropDatabase();
    const body = { source: { instance_id: instanceId, backup_id: made.backup_id }, target: { instance_id: instanceId } };
    const { job_id: restore } = await servers[1].call<{ job_id: string }>('POST', `${P}/instances/recovery`, body);
    expect(await ended(servers[1], restore)).toBe('Completed');
    expect(await instanceState(client)).toEqual(before);
  });

  it('they stop once the repository is that of another catalog', async () => {
    Object.assign(process.env, s3.environment);
    const unlock = { kind: 'passphrase', passphrase: settings['LARDER_REPOSITORY_PASSPHRASE']! } as const;
    const store = await openStore(settings['LARDER_REPOSITORY']!);
    const repository = await openRepository({ store, unlock, clock: systemClock, create: false });
    const [owner] = await readRecords(repository, 'owner');
    await putRecord(repository, 'owner', 'other', { held: true, host: 'db-2.example', since: owner!.record.since });
    await repository.records.delete('owner', owner!.id);
    const said = await servers[1]!.ended();
    expect(said).toContain('larder: Another Larder, on db-2.example, has taken the repository over, so this one stops.');
    await repository.close();
  });
});
