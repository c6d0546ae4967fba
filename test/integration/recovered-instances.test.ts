import { afterAll, beforeAll, expect, it } from 'vitest';
import { createConfigurations } from '../../src/engine/configurations/create-configurations.ts';
import { instanceRefresher } from '../../src/engine/refresh-instance.ts';
import { readRecords } from '../../src/engine/records.ts';
import { createInstances } from '../../src/engine/instances/create-instances.ts';
import { noteHere } from '../../src/engine/instances/server-places.ts';
import type { JobDeps } from '../../src/engine/engine-deps.ts';
import { recoverCatalog } from '../../src/engine/recover-catalog.ts';
import { runJob } from '../../src/engine/run-job.ts';
import type { OpenedRepository } from '../../src/repository/open-repository.ts';
import { createMemoryStore } from '../../src/storage/memory-store.ts';
import { openApiWorld, type ApiWorld } from '../fixtures/api-world.ts';
import { openWorld, replicaSet, type EngineWorld } from '../fixtures/engine-world.ts';
import { runWaitingJobs } from '../fixtures/run-waiting-jobs.ts';
import { testRepository } from '../fixtures/test-repository.ts';
import { singleOrder } from '../fixtures/single-order.ts';

/** The catalog is lost, once with and once without the machine on which own instances ran. */
let repository: OpenedRepository;
let api: ApiWorld;
let found: EngineWorld;
let kept: string;
let deleted: string;
let backupId: string;
let templateId: string;
const signal = new AbortController().signal;

const order = (name: string): object => ({ ...singleOrder(name), tags: [{ key: 'stage', value: 'test' }] });
const send = async <T>(method: string, path: string, body?: unknown): Promise<T> =>
  (await api.admin(method, `/v3/${api.projectId}${path}`, body)).body as T;
const caller = () => ({ projectId: api.projectId, userId: 'u', userName: 'u' });

async function run(deps: JobDeps, jobId: string): Promise<{ status: string; fail_reason: string | null }> {
  const query = deps.catalog.db.selectFrom('jobs').selectAll().where('id', '=', jobId);
  const { queue_id: queueId } = await query.executeTakeFirstOrThrow();
  await runJob(deps, { jobId, queueId, signal });
  const { status, fail_reason } = await query.executeTakeFirstOrThrow();
  return { status, fail_reason };
}

/** A template is changed and applied, and so are instances: what is changed waits for a restart. */
async function changeParameters(id: string): Promise<void> {
  const others = await send<{ configuration_id: string }>('POST', `/configurations/${id}/copy`, { name: 'not-kept' });
  for (const one of [id, others.configuration_id])
    await send('PUT', `/configurations/${one}`, { parameter_values: { 'net.maxIncomingConnections': 300 } });
  await send('PUT', `/configurations/${id}/apply`, { entity_ids: [kept] });
  await runWaitingJobs(api.world);
  await send('PUT', `/configurations/${others.configuration_id}/apply`, { entity_ids: [deleted] });
  await runWaitingJobs(api.world);
  await send('DELETE', `/configurations/${others.configuration_id}`);
  templateId = id;
}

beforeAll(async () => {
  repository = await testRepository(createMemoryStore());
  api = await openApiWorld({ repository });
  api.world.deployment = { ...replicaSet, mode: 'Single', setName: null };
  const template = await send<{ configuration: { id: string } }>('POST', '/configurations', {
    name: 'kept-template',
    datastore: { node_type: 'single', version: '6.0' },
    parameter_values: { logLevel: 1 },
  });
  const configurations = [{ type: 'single', configuration_id: template.configuration.id }];
  ({ id: kept } = await send<{ id: string }>('POST', '/instances', { ...order('kept-one'), configurations }));
  ({ id: deleted } = await send<{ id: string }>('POST', '/instances', { ...order('deleted-one'), configurations }));
  await runWaitingJobs(api.world);
  await changeParameters(template.configuration.id);
  ({ backup_id: backupId } = await send<{ backup_id: string }>('POST', '/backups', {
    backup: { instance_id: deleted, name: 'last-one' },
  }));
  await runWaitingJobs(api.world);
  await send('PUT', '/instances/recycle-policy', { recycle_policy: { enabled: true, retention_period_in_days: 3 } });
  await send('DELETE', `/instances/${deleted}`);
  await runWaitingJobs(api.world);
  found = await openWorld({ repository });
  found.deployment = api.world.deployment;
  await recoverCatalog(found.deps);
});
afterAll(async () => {
  await found[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

it('what is in the recycle bin is there again, with its days, and comes back with the parameters it had', async () => {
  const instances = createInstances(found.deps);
  expect(await instances.recycleDays(caller())).toBe(3);
  const listed = await found.useCases.listBackups(caller(), { offset: 0, limit: 10 });
  expect(listed.rows).toMatchObject([{ id: backupId, instanceMode: 'Single', instanceStatus: null }]);
  const { rows } = await instances.listRecycled(caller(), { offset: 0, limit: 10 });
  const before = await send<{ instances: { deleted_at: string; retained_until: string }[] }>('GET', '/recycle-instances');
  expect(rows).toMatchObject([{ id: deleted, name: 'deleted-one', mode: 'Single', version: '6.0', backupId }]);
  expect(rows[0]!.retainedUntil.toISOString().slice(0, 19)).toBe(before.instances[0]!.retained_until);
  const body = { ...order('again'), restore_point: { type: 'backup', backup_id: backupId } };
  const { instance } = await instances.create(caller(), body, { region: 'eu-de' });
  expect(instance.own?.servers.parameters).toMatchObject({ logLevel: '1' });
});

it('A6: what was changed in templates and instances is known again, to whom they were applied, and what waits for a restart', async () => {
  const page = { offset: 0, limit: 10 };
  const [before, after] = [api.world, found].map(({ deps }) => createConfigurations(deps, instanceRefresher(deps)));
  const changes = await after!.changesOf(caller(), templateId, page);
  expect(changes.rows.map(({ parameter, before: from, after: to }) => [parameter, from, to])).toEqual([
    ['net.maxIncomingConnections', '65536', '300'],
  ]);
  expect(changes).toEqual(await before!.changesOf(caller(), templateId, page));
  const uses = await after!.usesOf(caller(), templateId, page);
  expect(uses.rows).toMatchObject([{ instanceId: kept, instanceName: 'kept-one', failure: null }]);
  expect(uses).toEqual(await before!.usesOf(caller(), templateId, page));
  const ofInstance = await after!.changesOfInstance(caller(), kept, kept, page);
  expect(ofInstance.rows.map(({ parameter, applied }) => [parameter, applied !== null])).toEqual([
    ['net.maxIncomingConnections', false],
  ]);
  expect(ofInstance).toEqual(await before!.changesOfInstance(caller(), kept, kept, page));
  // Nothing is kept of the template and the instance that were deleted.
  const records = await readRecords(repository, 'parameter-change');
  expect(new Set(records.map(({ record }) => record.instanceId ?? record.configurationId))).toEqual(new Set([templateId, kept]));
  expect(await readRecords(repository, 'configuration-use')).toHaveLength(1);
});

it('own instances are there again as they were, and on their machine work as before', async () => {
  const instance = await found.useCases.listInstances(caller(), { offset: 0, limit: 10, id: kept });
  expect(instance.rows).toMatchObject([
    {
      name: 'kept-one',
      status: 'normal',
      tags: [{ key: 'stage', value: 'test' }],
      own: { servers: { parameters: { logLevel: '1' } } },
    },
  ]);
  const deps = { ...found.deps, provider: api.world.deps.provider };
  const { jobId } = await createInstances(deps).change(caller(), kept, { what: 'restart' });
  expect(await run(deps, jobId)).toEqual({ status: 'Completed', fail_reason: null });
  const records = await readRecords(repository, 'parameter-change');
  expect(records.filter(({ record }) => record.instanceId === kept && record.applied === null)).toEqual([]);
  expect(instance.rows[0]!.own?.servers.place).toBe(deps.provider.place);
});

it('while their machine is looked after, their jobs wait for it; once it is gone they fail or, to delete them, are done by anybody', async () => {
  const instances = createInstances(found.deps);
  await noteHere({ ...found.deps, provider: api.world.deps.provider });
  const restart = await instances.change(caller(), kept, { what: 'restart' });
  expect(await run(found.deps, restart.jobId)).toMatchObject({ status: 'Running' });
  await found.catalog.db.deleteFrom('server_places').execute();
  for (let left = 5; left > 0 && (await run(found.deps, restart.jobId)).status === 'Running'; left--);
  expect(await run(found.deps, restart.jobId)).toMatchObject({
    status: 'Failed',
    fail_reason: expect.stringContaining('not on this machine'),
  });
  const { jobId } = await found.useCases.deleteInstance(caller(), kept);
  expect(await run(found.deps, jobId)).toMatchObject({ status: 'Completed' });
});
