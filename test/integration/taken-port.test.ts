import { createServer } from 'node:net';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { openApiWorld } from '../fixtures/api-world.ts';
import { runWaitingJobs } from '../fixtures/run-waiting-jobs.ts';
import { singleOrder } from '../fixtures/single-order.ts';

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
    expect(await api.world.deps.provider.isPortFree(reported)).toBe(false);
  } finally {
    somebody.close();
  }
});
