import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';
import { expect, it } from 'vitest';
import { buildServer } from '../../src/api/build-server.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { accessKey, createFakeStack, instanceId, projectId } from '../api/fake-stack.ts';
import { startTestSet } from '../fixtures/replica-set.ts';
import { pythonEnvironment } from './python-environment.ts';
import { runProgram } from './run-program.ts';
import { startLarder } from '../fixtures/start-larder.ts';
import { until } from '../fixtures/until.ts';

const script = fileURLToPath(new URL('huawei_sdk.py', import.meta.url));
const packages = ['huaweicloudsdkcore==3.1.219', 'huaweicloudsdkdds==3.1.219'];

interface Step {
  readonly step: string;
  readonly [fact: string]: unknown;
}

/** The steps that the script reports; fails with all it wrote unless it went to its end. */
async function runScript(environment: Readonly<Record<string, string>>, path = script): Promise<readonly Step[]> {
  const python = await pythonEnvironment('huawei', packages);
  const { code, output } = await runProgram(python, [path], environment);
  expect(code, output).toBe(0);
  const steps = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Step);
  expect(steps.at(-1)).toEqual({ step: 'done', ok: true });
  return steps;
}

const expected = [
  'create_manual_backup',
  'list_backups',
  'wrong secret',
  'set_backup_policy',
  'delete an automated backup',
  'list_restore_databases',
  'restore_instance_from_collection',
  'a name that is taken',
  'restore_instance to a time',
  'list_restore_times',
  'show_backup_download_link',
  'restore_instance',
  'delete_manual_backup',
  'delete again',
];

it('the Huawei SDK for Python, unmodified, backs up and restores a real replica set', async () => {
  await using set = await startTestSet({ members: 1 });
  await using client = await new MongoClient(set.uri).connect();
  const goods = client.db('shop').collection('goods');
  await goods.insertMany(Array.from({ length: 1000 }, (_, n) => ({ n })));
  const counters = client.db('shop').collection<{ _id: string; at: Date }>('counters');
  // Somebody writes all the time: an idle server lets its clock stand for ten seconds, and what is restored must be of its moment.
  const written: { readonly at: Date; readonly acknowledged: Date }[] = [];
  await using _ = writing(async () => {
    const at = systemClock.now();
    await counters.updateOne({ _id: 'last' }, { $set: { at } }, { upsert: true });
    written.push({ at, acknowledged: systemClock.now() });
  });
  await using larder = await startLarder({ settings: { LARDER_ARCHIVE_SECONDS: '1' } });
  const { id } = await larder.call<{ id: string }>('POST', `/larder/v1/${larder.projectId}/instances/adopt`, {
    name: 'sdk-set',
    uri: set.uri,
  });
  const key = await larder.call<{ access: string; secret: string }>('POST', `/larder/v1/${larder.projectId}/access-keys`, {});
  let held: { at: Date } | null = null;
  // What came beside goes again with the restore of the whole instance.
  const seen = until(
    async () => {
      const names = await client
        .db('shop')
        .listCollections({ name: /^counters_bak_/ }, { nameOnly: true })
        .toArray();
      if (names.length === 0) return false;
      held ??= await client.db('shop').collection<{ at: Date }>(names[0]!.name).findOne();
      return held;
    },
    { what: 'the restored collection', timeoutMs: 480_000 },
  );
  const steps = await runScript({
    LARDER_ENDPOINT: larder.endpoint,
    LARDER_ACCESS_KEY: key.access,
    LARDER_SECRET_KEY: key.secret,
    LARDER_PROJECT_ID: larder.projectId,
    LARDER_INSTANCE_ID: id,
  });
  expect(steps.map(({ step }) => step)).toEqual(expect.arrayContaining(expected));
  expect(await goods.countDocuments({ n: { $gte: 0 } })).toBe(1000);
  const { at } = steps.find(({ step }) => step === 'restore_instance_from_collection') as unknown as { at: number };
  const { at: last } = (await seen) as { at: Date };
  // Written in the second that was asked for at the latest, and nothing was there before that second that is not in it.
  const second = Math.floor(at / 1000) * 1000;
  expect(last.getTime()).toBeLessThan(second + 1000);
  const before = written.filter(({ acknowledged }) => acknowledged.getTime() < second).map((one) => one.at.getTime());
  expect(last.getTime()).toBeGreaterThanOrEqual(Math.max(0, ...before));
});

/** Writes again and again until it is disposed of; what fails while everything is restored is tried again. */
function writing(write: () => Promise<unknown>): AsyncDisposable {
  let isOver = false;
  const done = until(
    async () => {
      await write().catch(() => undefined);
      return isOver;
    },
    { what: 'the end of the test', timeoutMs: 1_200_000 },
  );
  return {
    async [Symbol.asyncDispose]() {
      isOver = true;
      await done;
    },
  };
}

it('the same script notices a server that answers otherwise', async () => {
  const python = await pythonEnvironment('huawei', packages);
  // The SDK signs with the time of this machine, so the server has to look at the same clock.
  const stack = createFakeStack();
  const forgetsJobs = { ...stack.useCases, createBackup: async () => ({ jobId: 'none', backupId: 'none' }) };
  const server = await buildServer({ ...stack, useCases: forgetsJobs, clock: systemClock });
  try {
    const endpoint = await server.listen({ host: '127.0.0.1', port: 0 });
    const { code, output } = await runProgram(python, [script], {
      LARDER_ENDPOINT: endpoint,
      LARDER_ACCESS_KEY: accessKey.access,
      LARDER_SECRET_KEY: accessKey.secret,
      LARDER_PROJECT_ID: projectId,
      LARDER_INSTANCE_ID: instanceId,
    });
    expect(code, output).toBe(1);
    expect(output).toContain('DBS.200543');
  } finally {
    await server.close();
  }
});
