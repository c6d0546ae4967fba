import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { serversOf } from '../../src/engine/instances/own-servers.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { portReservations } from '../../src/provider/port-reservations.ts';
import { openApiWorld } from '../fixtures/api-world.ts';
import { runWaitingJobs } from '../fixtures/run-waiting-jobs.ts';
import { singleOrder } from '../fixtures/single-order.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { testProvider } from '../fixtures/test-provider.ts';

it('a port that somebody takes between the order and the start is given up for the next free one', async () => {
  await using api = await openApiWorld();
  const answer = await api.admin('POST', `/v3/${api.projectId}/instances`, singleOrder('alone'));
  const { id, port } = answer.body as { id: string; port: number };
  const somebody = createServer().listen(port, '127.0.0.1');
  // Whoever else was quicker has taken it as well.
  await once(somebody, 'listening').catch(() => undefined);
  try {
    await runWaitingJobs(api.world);
    const { body } = await api.admin('GET', `/v3/${api.projectId}/instances?id=${id}`);
    expect(body).toMatchObject({ instances: [{ status: 'normal', actions: [] }] });
    const reported = Number((body as { instances: { port: string }[] }).instances[0]!.port);
    expect(reported).toBeGreaterThan(port);
    const { provider } = api.world.deps;
    expect(await provider.isPortFree(reported)).toBe(false);

    // Another Larder on this machine does not give it to anybody while its server is being restarted, and has it once the instance is gone.
    await using folder = await temporaryFolder();
    const other = await testProvider(folder.path, systemClock);
    const row = await api.world.catalog.db.selectFrom('instances').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    const servers = serversOf(row);
    await provider.stop(servers);
    expect(await other.isPortFree(reported)).toBe(false);
    expect(await other.choosePorts(reported, 1, new Set())).not.toEqual([reported]);

    // Whoever has the port all the same is waited for, and named.
    const signal = new AbortController().signal;
    const stranger = createServer().listen(reported, '127.0.0.1');
    await once(stranger, 'listening');
    const refused = provider.start(servers, signal);
    await expect(refused).rejects.toMatchObject({
      code: 'mongod-unavailable',
      message: expect.stringContaining(`Port ${reported} is in use by process ${process.pid}`) as string,
    });
    const started = provider.start(servers, signal);
    stranger.close();
    await started;
    expect(await provider.running(servers)).toEqual([true]);
    await provider.remove(id);
    expect(await other.choosePorts(reported, 1, new Set())).toEqual([reported]);
  } finally {
    somebody.close();
  }
});

it('of Larders of one machine that ask for a port at the same time one has it, as long as its data is there', async () => {
  await using folder = await temporaryFolder();
  const shared = join(folder.path, 'ports');
  const owners = await Promise.all(
    Array.from({ length: 4 }, async (_, n) => {
      const owner = await temporaryFolder();
      return { owner, n, ports: portReservations(shared, owner.path, systemClock) };
    }),
  );
  const all = (port: number) => Promise.all(owners.map(({ ports }) => ports.reserve(port, null)));
  for (let port = 8635; port < 8735; port++) {
    expect((await all(port)).filter(Boolean), `port ${port}`).toEqual([true]);
    // What counts no more goes to one of them, too.
    const left = { owner: join(folder.path, 'gone'), instanceId: null, at: new Date(0).toISOString(), mark: `old-${port}` };
    await writeFile(join(shared, String(port + 1000)), JSON.stringify(left));
    expect((await all(port + 1000)).filter(Boolean), `port ${port + 1000}`).toEqual([true]);
  }
  const [holder] = await Promise.all(owners.map(({ ports }) => ports.ownerElsewhere(8635))).then((found) =>
    found.filter((one) => one !== null),
  );
  for (const { owner, ports } of owners) expect(await ports.reserve(8635, null)).toBe(owner.path === holder);
  await rm(holder!, { recursive: true });
  const next = owners.find(({ owner }) => owner.path !== holder)!;
  expect(await next.ports.reserve(8635, null)).toBe(true);
  expect(await next.ports.reserve(8635, 'instance')).toBe(true);
  // The instance's data is not there any more.
  expect(await owners.find(({ owner }) => owner.path !== holder && owner !== next.owner)!.ports.reserve(8635, null)).toBe(true);
  for (const { owner } of owners) await owner[Symbol.asyncDispose]();
});
