import { expect, it } from 'vitest';
import { systemClock } from '../../../src/lib/clock.ts';
import { password, type OwnInstances } from '../../fixtures/own-instances.ts';
import { until } from '../../fixtures/until.ts';

/** Sessions, connections and logs of servers that run. */
export function whatServersDo(own: OwnInstances): void {
  const { call, status, settled, connectAs } = own;

  it('show and end what their servers do, count connections, and show their logs', async () => {
    const node = (await settled(own.set)).groups[0]!.nodes.find(({ role }) => role === 'Primary')!;
    await using client = await connectAs(own.set, password);
    const slow = client
      .db('shop')
      .collection('goods')
      .find({ $where: 'sleep(60000) || true' })
      .toArray()
      .then(
        () => 'ended by itself',
        (error: unknown) => String(error),
      );
    const session = await until(
      async () => {
        const { sessions } = await call<{ sessions: { id: string; cost_time: string; user: string; client: string }[] }>(
          'GET',
          `/nodes/${node.id}/sessions?namespace=shop.goods&cost_time=300000&limit=20`,
        );
        // A server logs as slow what took 100 milliseconds.
        return sessions.find(({ cost_time: microseconds }) => Number(microseconds) > 200_000) ?? null;
      },
      { what: 'the query to be seen and to be slow', timeoutMs: 30_000 },
    );
    expect(session).toMatchObject({ user: 'rwuser', cost_time: expect.stringMatching(/^\d+$/) });
    expect(await call('POST', `/nodes/${node.id}/session`, { sessions: [session.id] })).toEqual({});
    expect(await slow).toContain('interrupted');
    expect(await status('POST', `/nodes/${node.id}/session`, { sessions: ['1'] })).toEqual({ status: 400, code: 'DBS.301071' });
    const statistics = await call<{ total_connections: number; inner_connections: { client_ip: string }[] }>(
      'GET',
      `/instances/${own.set}/conn-statistics?node_id=${node.id}`,
    );
    expect(statistics.total_connections).toBeGreaterThan(0);
    expect(statistics.inner_connections[0]).toMatchObject({ client_ip: '127.0.0.1' });
    const now = systemClock.now().getTime();
    const period = `start_date=${new Date(now - 3_600_000).toISOString()}&end_date=${new Date(now).toISOString()}`;
    const logs = await call<{ slow_log_list: object[] }>(
      'GET',
      `/instances/${own.set}/slowlog?${period}&node_id=${node.id}&limit=100`,
    );
    expect(logs.slow_log_list).toContainEqual(
      expect.objectContaining({ type: 'QUERY', database: 'shop', time: expect.stringMatching(/ ms$/) }),
    );
    const errors = await call<{ error_log_list: object[]; total_record: number }>(
      'GET',
      `/instances/${own.set}/errorlog?${period}&type=WARNING`,
    );
    expect(errors.error_log_list[0]).toMatchObject({ level: 'WARNING', content: expect.any(String) });
    const { list, count } = await call<{ list: { node_name: string; file_link: string; file_size: string }[]; count: number }>(
      'POST',
      `/instances/${own.set}/slowlog-download`,
      { node_id_list: [node.id] },
    );
    expect(count).toBe(1);
    const downloaded = await fetch(list[0]!.file_link);
    expect([downloaded.status, downloaded.headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8']);
    const lines = (await downloaded.text()).trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { id: number }).id)).toContain(51_803);
    expect(Number(list[0]!.file_size)).toBeGreaterThan(100);
    const forged = await fetch(list[0]!.file_link.replace('.slow.log', '.error.log'));
    expect(forged.status).toBe(403);
    expect(await call('POST', `/instances/${own.set}/errorlog-download`)).toMatchObject({ count: 3, status: 'FINISH' });
    expect(await status('GET', `/instances/${own.set}/slowlog`)).toEqual({ status: 400, code: 'DBS.280067' });
    expect(await status('GET', `/instances/${own.set}/errorlog?${period}&type=INFO`)).toEqual({
      status: 400,
      code: 'DBS.280066',
    });
  });
}
