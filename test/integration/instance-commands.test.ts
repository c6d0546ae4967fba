import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startLarder, type Larder } from '../fixtures/start-larder.ts';
import { runLarder } from '../fixtures/run-larder.ts';
import { temporaryFolder, type TemporaryFolder } from '../fixtures/temporary-folder.ts';

/** `larder instance ...` against a running server that starts real servers. */
let folder: TemporaryFolder;
let server: Larder;
const password = 'Pass-Word_1';
/** Other tests may run beside this one: none of them takes the port of a server that is being restarted. */
const port = ['--port', String(2100 + (process.pid % 6000))];

interface Shown {
  readonly job: { readonly status: string };
  readonly instance: { readonly id: string; readonly port: number; readonly tls: boolean; readonly status: string };
  readonly parameters: readonly { readonly name: string; readonly value: string }[];
  readonly instances: readonly { readonly name: string; readonly backup_id: string }[];
  readonly restart_required: boolean;
  readonly password: string;
}

async function larder(args: readonly string[], input = ''): Promise<{ code: number; err: string; json: Shown }> {
  const env = {
    LARDER_ENDPOINT: server.endpoint,
    OS_USERNAME: 'admin',
    OS_PASSWORD: server.password,
    OS_PROJECT_ID: server.projectId,
  };
  const { code, stdout: out, stderr: err } = await runLarder([...args, '--json'], { env, folder: folder.path, input });
  return { code, err, json: (out === '' ? {} : JSON.parse(out)) as Shown };
}

/** Ends with 0, and the job that it waited for Completed. */
async function done(args: readonly string[], input?: string): Promise<Shown> {
  const { code, err, json } = await larder([...args, '--wait'], input);
  expect(code, `${args.join(' ')}: ${err}`).toBe(0);
  expect(json.job.status).toBe('Completed');
  return json;
}

async function countGoods(at: number, secret: string): Promise<number> {
  const uri = `mongodb://rwuser:${encodeURIComponent(secret)}@127.0.0.1:${at}/?directConnection=true`;
  await using client = await new MongoClient(uri, { serverSelectionTimeoutMS: 5000 }).connect();
  await client.db('shop').collection('goods').insertOne({ sku: 1 });
  return await client.db('shop').collection('goods').countDocuments();
}

beforeAll(async () => {
  folder = await temporaryFolder();
  server = await startLarder({ dataFolder: folder.path });
}, 300_000);
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

it('an instance is made, set, restarted, renamed, backed up, deleted and brought back', { timeout: 280_000 }, async () => {
  const order = ['instance', 'create', '--name', 'by-command', '--mode', 'Single', '--keep-days', '0', '--no-tls', ...port];
  const { instance } = await done([...order, '--tag', 'stage=test', '--password'], `${password}\n`);
  expect(instance).toMatchObject({ name: 'by-command', status: 'normal', tls: false, tags: [{ key: 'stage', value: 'test' }] });
  expect(await countGoods(instance.port, password)).toBe(1);

  const set = ['instance', 'parameters', 'by-command', '--set', 'logLevel=1', '--set', 'net.maxIncomingConnections=150'];
  expect((await done(set)).restart_required).toBe(true);
  await done(['instance', 'restart', 'by-command']);
  const { parameters } = (await larder(['instance', 'parameters', 'by-command'])).json;
  const values = Object.fromEntries(parameters.map(({ name, value }) => [name, value]));
  expect(values).toMatchObject({ logLevel: '1', 'net.maxIncomingConnections': '150', notablescan: 'false' });
  await done(['instance', 'parameters', 'by-command', '--template', 'Default-DDS-6.0-Single']);

  expect(await larder(['instance', 'rename', 'by-command', 'renamed-one'])).toMatchObject({
    code: 0,
    json: { name: 'renamed-one' },
  });
  const second = 'Other-Word_2';
  expect((await larder(['instance', 'reset-password', 'renamed-one'], `${second}\n`)).code).toBe(0);
  expect(await countGoods(instance.port, second)).toBe(2);
  expect((await done(['instance', 'tls', 'renamed-one', 'on'])).instance.tls).toBe(true);

  await done(['backup', 'create', '--instance', 'renamed-one', '--name', 'the-last-one']);
  await done(['instance', 'delete', 'renamed-one', '--yes']);
  const { instances } = (await larder(['instance', 'recycled'])).json;
  expect(instances).toMatchObject([{ name: 'renamed-one' }]);
  const again = await done([
    'instance',
    'create',
    '--name',
    'again',
    '--from',
    instances[0]!.backup_id,
    '--keep-days',
    '0',
    '--no-tls',
    ...port,
  ]);
  expect(again.password).toBeUndefined();
  expect(await countGoods(again.instance.port, second)).toBe(3);

  expect((await larder(['instance', 'switchover', 'again'])).code).toBe(2);
  expect((await larder(['instance', 'tls', 'again', 'maybe'])).code).toBe(2);
  expect((await larder(['instance', 'parameters', 'again', '--set', 'logLevel=9'])).code).toBe(2);
  expect((await larder(['instance', 'parameters', 'again', '--template', 'none'])).code).toBe(3);
  expect((await larder(['instance', 'port', 'again', '80'])).code).toBe(2);
  expect((await larder(['instance', 'restart', 'nobody'])).code).toBe(3);
  expect((await larder(['instance', 'delete', 'again'])).err).toContain('the servers, the data');
  await done(['instance', 'delete', 'again', '--yes']);
});
