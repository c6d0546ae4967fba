import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catalogPlaces, usePostgres } from '../fixtures/catalog-places.ts';
import { endedJob } from '../fixtures/ended-job.ts';
import { holdable, holdInserts, holdReads } from '../fixtures/hold-server.ts';
import { instanceState } from '../fixtures/instance-state.ts';
import { replicaSet } from '../fixtures/replica-set.ts';
import { startLarder, type Larder } from '../fixtures/start-larder.ts';
import { until } from '../fixtures/until.ts';

interface Taken {
  readonly job_id: string;
  readonly backup_id: string;
}

interface Refusal {
  readonly error_code: string;
}

const set = replicaSet({ members: 1, extraArguments: holdable });
const open = usePostgres();

beforeAll(async () => {
  await using client = new MongoClient(set().uri);
  const many = Array.from({ length: 8000 }, (_, n) => ({ n, text: `order ${n} `.repeat(30) }));
  await client.db('shop').collection('orders').insertMany(many);
});

describe.each(catalogPlaces)('races on the real server, %s catalog', (place) => {
  let larder: Larder;
  let P: string;
  let L: string;
  let serial = 0;

  beforeAll(async () => {
    const { databaseUrl } = await open(place);
    larder = await startLarder({ settings: databaseUrl === undefined ? {} : { LARDER_DATABASE_URL: databaseUrl } });
    P = `/v3/${larder.projectId}`;
    L = `/larder/v1/${larder.projectId}`;
  });
  afterAll(() => larder[Symbol.asyncDispose]());

  const adopt = async (): Promise<string> => {
    const { id } = await larder.call<{ id: string }>('POST', `${L}/instances/adopt`, { name: `set-${serial++}`, uri: set().uri });
    return id;
  };
  /** An answer by its status and code. */
  const answerOf = async (sent: Promise<Response>): Promise<string> => {
    const answer = await sent;
    const body = (await answer.json()) as Partial<Refusal>;
    return answer.ok ? String(answer.status) : `${answer.status} ${body.error_code}`;
  };
  const counted = (answers: readonly string[]): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const answer of answers) counts[answer] = (counts[answer] ?? 0) + 1;
    return counts;
  };
  const create = (instanceId: string, name: string) =>
    larder.send('POST', `${P}/backups`, { backup: { instance_id: instanceId, name } });
  const ended = async (jobId: string): Promise<string> => (await endedJob(larder, jobId)).status;
  const listed = async (query: string): Promise<{ name: string; id: string; status: string }[]> =>
    (await larder.call<{ backups: { name: string; id: string; status: string }[] }>('GET', `${P}/backups?${query}`)).backups;
  const jobsRunning = async (instanceId: string): Promise<void> => {
    await until(
      async () => {
        const { instances } = await larder.call<{ instances: { actions: string[] }[] }>('GET', `${P}/instances?id=${instanceId}`);
        return instances[0]?.actions.length === 0;
      },
      { what: 'the instance to be idle' },
    );
  };

  it('A1: 50 concurrent creations with one name give one backup and 49 documented refusals', async () => {
    const instances = await Promise.all(Array.from({ length: 5 }, adopt));
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => answerOf(create(instances[n % 5] ?? '', 'the-only-one'))),
    );
    expect(counted(answers)).toEqual({ 200: 1, '400 DBS.201201': 49 });
    const backups = await listed('limit=100');
    expect(backups.filter(({ name }) => name === 'the-only-one')).toHaveLength(1);
    for (const id of instances) await jobsRunning(id);
    expect(await listed('limit=100')).toMatchObject([{ name: 'the-only-one', status: 'COMPLETED' }]);
  });

  it('A8: two backups at once on an instance: one is taken, the other refused with a code that clients retry', async () => {
    const instanceId = await adopt();
    await using client = new MongoClient(set().uri);
    const held = await holdReads(client, 'shop.orders');
    const answers = await Promise.all(['first', 'second'].map((name) => answerOf(create(instanceId, name))));
    await held.release();
    expect(counted(answers)).toEqual({ 200: 1, '403 DBS.201014': 1 });
    await jobsRunning(instanceId);
    expect(await listed(`instance_id=${instanceId}`)).toMatchObject([{ status: 'COMPLETED' }]);
  });

  it('A4: a backup cannot be deleted while it is restored; the restore is not harmed', async () => {
    await using client = new MongoClient(set().uri);
    const instanceId = await adopt();
    const taken = (await (await create(instanceId, `restored-${place}`)).json()) as Taken;
    expect(await ended(taken.job_id)).toBe('Completed');
    const before = await instanceState(client);
    const held = await holdInserts(client);
    const { job_id: restore } = await larder.call<Taken>('POST', `${P}/instances/recovery`, {
      source: { instance_id: instanceId, backup_id: taken.backup_id },
      target: { instance_id: instanceId },
    });
    // As often as it can be asked until the restore is over.
    const answers: string[] = [];
    let over = false;
    const restored = ended(restore).finally(() => (over = true));
    const { promise: asked, resolve: once } = Promise.withResolvers<void>();
    const asking = (async () => {
      while (!over) {
        const answer = await answerOf(larder.send('DELETE', `${P}/backups/${taken.backup_id}`));
        answers.push(answer);
        once();
        if (answer === '200') break;
      }
    })();
    await asked;
    await held.release();
    expect(await restored).toBe('Completed');
    await asking;
    expect(answers[0]).toBe('400 DBS.201319');
    expect(new Set(answers.slice(0, -1))).toEqual(new Set(['400 DBS.201319']));
    expect(await instanceState(client)).toEqual(before);
    await larder.send('DELETE', `${P}/backups/${taken.backup_id}`);
    await until(async () => (await listed(`instance_id=${instanceId}`)).length === 0, { what: 'the deletion of the backup' });
  });

  it('A6: an instance cannot be deleted during its backup; afterwards its manual backup stays', async () => {
    const instanceId = await adopt();
    await using client = new MongoClient(set().uri);
    const held = await holdReads(client, 'shop.orders');
    const taken = (await (await create(instanceId, `outlives-${place}`)).json()) as Taken;
    const refused = await answerOf(larder.send('DELETE', `${P}/instances/${instanceId}`));
    expect(refused).toBe('403 DBS.201014');
    await held.release();
    expect(await ended(taken.job_id)).toBe('Completed');
    const deleted = await larder.send('DELETE', `${P}/instances/${instanceId}`);
    expect(deleted.status).toBe(202);
    expect(await ended(((await deleted.json()) as Taken).job_id)).toBe('Completed');
    expect(await listed(`instance_id=${instanceId}`)).toMatchObject([{ name: `outlives-${place}`, status: 'COMPLETED' }]);
    expect(await larder.call('GET', `${P}/instances?id=${instanceId}`)).toMatchObject({ total_count: 0 });
  });
});
