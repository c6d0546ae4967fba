import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startLarder, type Larder } from '../fixtures/start-larder.ts';
import { instancePorts } from '../fixtures/instance-ports.ts';
import { runLarder } from '../fixtures/run-larder.ts';
import { temporaryFolder, type TemporaryFolder } from '../fixtures/temporary-folder.ts';

/** `larder instance ...` against a running server that starts real servers. */
let folder: TemporaryFolder;
let server: Larder;
const password = 'Pass-Word_1';

interface Shown {
  readonly job: { readonly status: string };
  readonly instance: { readonly id: string; readonly port: number; readonly tls: boolean; readonly status: string };
  readonly parameters: readonly { readonly name: string; readonly value: string }[];
  readonly instances: readonly { readonly name: string; readonly backup_id: string }[];
  readonly restart_required: boolean;
  readonly differences: readonly object[];
  readonly templates: readonly { readonly name: string; readonly user_defined: boolean }[];
  readonly changes: readonly { readonly new_value: string }[];
  readonly uses: readonly object[];
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
  await using client = await new MongoClient(uri, { serverSelectionTimeoutMS: 120_000 }).connect();
  await client.db('shop').collection('goods').insertOne({ sku: 1 });
  return await client.db('shop').collection('goods').countDocuments();
}

beforeAll(async () => {
  folder = await temporaryFolder();
  server = await startLarder({ dataFolder: folder.path });
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

/** `larder template ...`, for the instance that is there. */
async function templates(): Promise<void> {
  const template = async (...args: string[]): Promise<Shown> => {
    const { code, err, json } = await larder(['template', ...args]);
    expect(code, `${args.join(' ')}: ${err}`).toBe(0);
    return json;
  };
  const valuesOf = ({ parameters }: Shown) => Object.fromEntries(parameters.map(({ name, value }) => [name, value]));
  const made = await template('create', '--name', 'from-it', '--from-instance', 'by-command', '--set', 'logLevel=2');
  expect(valuesOf(made)).toMatchObject({ logLevel: '2', 'net.maxIncomingConnections': '150' });
  expect(made).toMatchObject({ node_type: 'single', datastore_version: '6.0', user_defined: true });
  await template('create', '--name', 'plain', '--mode', 'Single', '--engine-version', '6.0', '--description', 'to begin with');
  await template('create', '--name', 'copied', '--copy', 'from-it');
  await template('set', 'copied', '--set', 'logLevel=3', '--set', 'notablescan=true', '--name', 'other');
  const { differences } = await template('compare', 'from-it', 'other');
  expect(differences).toEqual([
    { parameter_name: 'logLevel', source_value: '2', target_value: '3' },
    { parameter_name: 'notablescan', source_value: 'false', target_value: 'true' },
  ]);
  expect(valuesOf(await template('set', 'other', '--reset', '--set', 'logLevel=1'))).toMatchObject({
    logLevel: '1',
    notablescan: 'false',
    'net.maxIncomingConnections': '65536',
  });
  const names = (await template('list')).templates.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['Default-DDS-6.0-Single', 'from-it', 'other', 'plain']));

  const { code, json, err } = await larder(['template', 'apply', 'other', 'by-command', '--wait']);
  expect([code, json.job.status], err).toEqual([0, 'Completed']);
  const { changes, uses } = await template('history', 'other');
  expect(changes.map(({ new_value: value }) => value)).toContain('3');
  expect(uses).toMatchObject([{ instance_name: 'by-command', apply_result: 'SUCCESS' }]);
  expect(valuesOf((await larder(['instance', 'parameters', 'by-command'])).json)).toMatchObject({ logLevel: '1' });
  await done(['instance', 'parameters', 'by-command', '--template', 'Default-DDS-6.0-Single']);

  for (const [exit, ...args] of [
    [2, 'create', '--name', 'x', '--copy', 'plain', '--mode', 'Single'],
    [2, 'create', '--name', 'x', '--copy', 'plain', '--set', 'logLevel=1'],
    [2, 'create', '--name', 'x', '--mode', 'Single', '--engine-version', '6.0', '--set', 'logLevel=9'],
    [2, 'create', '--name', 'x', '--mode', 'Sharding'],
    [2, 'set', 'plain'],
    [2, 'set', 'plain', '--set', 'logLevel'],
    [4, 'create', '--name', 'plain', '--mode', 'Single', '--engine-version', '6.0'],
    [2, 'set', 'Default-DDS-6.0-Single', '--reset'],
    [3, 'show', 'none'],
    [3, 'apply', 'plain', 'nobody'],
    [2, 'delete', 'plain'],
  ] as const) {
    expect(await larder(['template', ...args]), args.join(' ')).toMatchObject({ code: exit });
  }
  for (const name of ['from-it', 'other', 'plain']) expect(await template('delete', name, '--yes')).toMatchObject({ name });
  expect((await template('list')).templates.every(({ user_defined: own }) => !own)).toBe(true);
}

it('an instance is made, set, restarted, renamed, backed up, deleted and brought back', async () => {
  // Other tests may run beside this one: none of them takes the port of a server that is being restarted.
  const port = ['--port', String((await instancePorts(1))[0])];
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
  await templates();

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
