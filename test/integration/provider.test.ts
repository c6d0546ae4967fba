import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { startReplicaSet } from '../../src/provider/start-replica-set.ts';
import { startStandalone } from '../../src/provider/start-standalone.ts';
import { testMongod } from '../fixtures/mongod.ts';
import { replicaSet, startTestSet } from '../fixtures/replica-set.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { until } from '../fixtures/until.ts';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const answer = await Promise.race([once(socket, 'connect').then(() => true), once(socket, 'error').then(() => false)]).catch(
    () => false,
  );
  socket.destroy();
  return answer;
}

async function withClient<T>(uri: string, use: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 120_000 });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

describe('a replica set of three', () => {
  const set = replicaSet({ electionTimeoutMs: 2_000 });

  it('takes majority writes and has one primary and two secondaries', async () => {
    await set().healthy();
    const states = await withClient(set().uri, async (client) => {
      await client
        .db('shop')
        .collection('goods')
        .insertOne({ sku: 1 }, { writeConcern: { w: 3 } });
      const status = await client.db('admin').command({ replSetGetStatus: 1 });
      return (status['members'] as { stateStr: string }[]).map((member) => member.stateStr).toSorted();
    });
    expect(states).toEqual(['PRIMARY', 'SECONDARY', 'SECONDARY']);
  });

  it('listens on loopback ports only and has the asked-for cache', async () => {
    const options = await withClient(set().uri, (client) => client.db('admin').command({ getCmdLineOpts: 1 }));
    expect(options['parsed'].net.bindIp).toBe('127.0.0.1');
    expect(options['parsed'].storage.wiredTiger.engineConfig.cacheSizeGB).toBe(0.25);
  });

  it('elects another primary when that one is killed, and takes it back with its data when it is restarted', async () => {
    const killed = await set().primary();
    const { pid, port } = killed;
    await killed.kill('SIGKILL');
    expect(killed.pid).toBeNull();
    expect(pid !== null && isAlive(pid)).toBe(false);

    const next = await set().primary();
    expect(next.port).not.toBe(port);
    await withClient(set().uri, (client) =>
      client
        .db('shop')
        .collection('goods')
        .insertOne({ sku: 2 }, { writeConcern: { w: 2 } }),
    );

    await killed.restart();
    await set().healthy();
    expect(killed.port).toBe(port);
    expect(killed.pid).not.toBe(pid);
    const direct = `mongodb://127.0.0.1:${port}/?directConnection=true&readPreference=secondaryPreferred`;
    await withClient(direct, (client) =>
      until(async () => (await client.db('shop').collection('goods').countDocuments()) === 2, { what: 'the member to catch up' }),
    );
  });
});

describe('the end of servers', () => {
  it('stop leaves no process and no listener', async () => {
    const set = await startTestSet({ members: 2 });
    await using _ = set;
    const pids = set.members.map((member) => member.pid ?? 0);
    expect(pids.every(isAlive)).toBe(true);
    await set.stop();
    expect(pids.filter(isAlive)).toEqual([]);
    for (const member of set.members) expect(await listens(member.port)).toBe(false);
    await set.stop();
  });

  it('servers end with the process that started them, also when that is killed', async () => {
    await using folder = await temporaryFolder();
    const mongod = await testMongod();
    const program = `
      const { startStandalone } = await import(${JSON.stringify(new URL('../../src/provider/start-standalone.ts', import.meta.url).href)});
      const { server } = await startStandalone({
        mongod: ${JSON.stringify(mongod)}, folder: ${JSON.stringify(folder.path)}, signal: new AbortController().signal });
      process.stdout.write(server.pid + '\\n');
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await until(() => !isAlive(pid), { what: 'the orphaned server to end' });
  });

  it('a cancelled start leaves nothing running', async () => {
    await using folder = await temporaryFolder();
    const controller = new AbortController();
    const starting = startReplicaSet({ mongod: await testMongod(), folder: folder.path, members: 2, signal: controller.signal });
    starting.catch(() => undefined);
    const pidOf = async (member: number): Promise<number> => {
      const log = await readFile(join(folder.path, `member-${member}`, 'mongod.log'), 'utf8');
      return Number(/"pid":(\d+)/.exec(log)?.[1] ?? Number.NaN);
    };
    const pids = await until(
      async () => {
        const found = await Promise.all([pidOf(0), pidOf(1)]);
        return found.every(Number.isInteger) && found;
      },
      { what: 'both servers to begin their logs' },
    );
    controller.abort(new Error('enough'));
    await expect(starting).rejects.toThrow('enough');
    expect(pids.filter(isAlive)).toEqual([]);
  });
});

describe('servers that demand credentials', () => {
  it('a replica set lets in whoever has the connection string, and nobody else', async () => {
    await using set = await startTestSet({ members: 1, auth: true });
    const { username, password } = new URL(set.uri);
    expect(username).not.toBe('');
    const users = await withClient(set.uri, (client) => client.db('admin').command({ usersInfo: 1 }));
    expect(users['users']).toHaveLength(1);
    const anonymous = set.uri.replace(`${username}:${password}@`, '').replace('&authSource=admin', '');
    await expect(withClient(anonymous, (client) => client.db('admin').command({ listDatabases: 1 }))).rejects.toThrow(
      /authentication/,
    );
  });

  it('so does a single server', async () => {
    await using folder = await temporaryFolder();
    await using single = await startStandalone({
      mongod: await testMongod(),
      folder: folder.path,
      auth: true,
      signal: AbortSignal.timeout(300_000),
    });
    await withClient(single.uri, (client) => client.db('shop').collection('goods').insertOne({ sku: 1 }));
    const anonymous = `mongodb://127.0.0.1:${single.server.port}/?directConnection=true`;
    await expect(withClient(anonymous, (client) => client.db('shop').collection('goods').findOne())).rejects.toThrow(
      /authentication/,
    );
  });
});

describe('servers that cannot start', () => {
  it('say why', async () => {
    await using folder = await temporaryFolder();
    const start = startStandalone({
      mongod: await testMongod(),
      folder: folder.path,
      extraArguments: ['--noSuchOption'],
      signal: AbortSignal.timeout(300_000),
    });
    await expect(start).rejects.toMatchObject({ code: 'mongod-unavailable', message: expect.stringMatching(/noSuchOption/) });
  });
});
