import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestSet } from '../fixtures/replica-set.ts';
import { startLarder, type Larder } from '../fixtures/start-larder.ts';
import { pythonEnvironment } from './python-environment.ts';
import { runProgram } from './run-program.ts';

const script = fileURLToPath(new URL('openstack_sdk.py', import.meta.url));
const packages = ['otcextensions==0.34.8', 'openstacksdk==4.22.0', 'python-openstackclient==10.5.0'];

describe('OpenStack clients, unmodified, against a real server', () => {
  let larder: Larder;
  let python: string;
  const environment = (): Record<string, string> => ({
    OS_AUTH_URL: `${larder.endpoint}/v3`,
    OS_USERNAME: 'admin',
    OS_PASSWORD: larder.password,
    OS_USER_DOMAIN_NAME: 'Default',
    OS_PROJECT_DOMAIN_NAME: 'Default',
    OS_PROJECT_NAME: 'eu-de_default',
    OS_REGION_NAME: 'eu-de',
    OS_IDENTITY_API_VERSION: '3',
    NO_PROXY: '127.0.0.1',
    no_proxy: '127.0.0.1',
  });
  /** The `openstack` command. It is run as a module: its script names the folder it was installed in first. */
  const openstack = async (...args: readonly string[]): Promise<unknown> => {
    const { code, output } = await runProgram(
      python,
      ['-W', 'ignore', '-m', 'openstackclient.shell', ...args, '-f', 'json'],
      environment(),
    );
    expect(code, output).toBe(0);
    return JSON.parse(output) as unknown;
  };

  beforeAll(async () => {
    python = await pythonEnvironment('openstack', packages);
    larder = await startLarder();
  });
  afterAll(async () => {
    await larder[Symbol.asyncDispose]();
  });

  it('`openstack token issue` gets a token of the project', async () => {
    expect(await openstack('token', 'issue')).toMatchObject({
      id: expect.stringMatching(/^[\w-]{20,}$/),
      project_id: larder.projectId,
      expires: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
  });

  it('`openstack catalog list` shows the address of DDS with the project', async () => {
    const services = (await openstack('catalog', 'list')) as { Type: string; Endpoints: { url: string; region: string }[] }[];
    const dds = services.find(({ Type }) => Type === 'ddsv3');
    expect(dds?.Endpoints).toEqual([
      expect.objectContaining({ url: `${larder.endpoint}/v3/${larder.projectId}`, region: 'eu-de' }),
    ]);
  });

  it('openstacksdk with otcextensions finds, backs up, restores and deletes on a real replica set', async () => {
    await using set = await startTestSet({ members: 1 });
    await using client = await new MongoClient(set.uri).connect();
    const goods = client.db('shop').collection('goods');
    await goods.insertMany(Array.from({ length: 500 }, (_, n) => ({ n })));
    const ids: string[] = [];
    for (const name of ['otc-set', 'otc-other', 'otc-third']) {
      const path = `/larder/v1/${larder.projectId}/instances/adopt`;
      ids.push((await larder.call<{ id: string }>('POST', path, { name, uri: set.uri })).id);
    }
    const { code, output } = await runProgram(python, ['-W', 'ignore', script], {
      ...environment(),
      LARDER_INSTANCE_ID: ids[0]!,
      LARDER_INSTANCE_NAME: 'otc-set',
    });
    expect(code, output).toBe(0);
    const steps = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(steps).toEqual([
      { step: 'accounts', refusal: 'DBS.280063' },
      { step: 'instances', paged: 3 },
      { step: 'find', missing: null },
      { step: 'get' },
      { step: 'flavors', count: 21 },
      { step: 'datastores', versions: ['6.0'] },
      { step: 'create_backup', job: 'Completed' },
      { step: 'list_backups', paged: 3 },
      { step: 'refusals', codes: ['DBS.201201', 'DBS.280277', 'DBS.200002', 'DBS.200543'] },
      { step: 'restore', job: 'Completed' },
      { step: 'delete_backup', job: 'Completed' },
      { step: 'done' },
    ]);
    expect(await goods.countDocuments()).toBe(500);
  });

  it('openstacksdk with otcextensions orders, changes and deletes an instance of Larder’s own, and finds it in the bin', async () => {
    const life = fileURLToPath(new URL('openstack_instances.py', import.meta.url));
    const { code, output } = await runProgram(python, ['-W', 'ignore', life], environment());
    expect(code, output).toBe(0);
    const steps = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(steps).toEqual([
      { step: 'create_instance', job: 'CreateMongoDBReplicaSingle' },
      { step: 'restart_instance', job: 'RestartReplicaSingleInstance' },
      { step: 'enlarge_instance', job: 'EnlargeMongoDBVolume' },
      { step: 'get_instance' },
      { step: 'recycle_instances' },
      { step: 'done' },
    ]);
  });
});
