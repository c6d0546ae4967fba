import { describe, expect, it } from 'vitest';
import { LarderError } from '../../src/core/errors.ts';
import { startCheckedApi } from './checked-api.ts';
import { instanceId, projectId } from './fake-stack.ts';

const base = `/v3/${projectId}/instances/${instanceId}`;

describe('A5: what can be restored', () => {
  it('ranges are cut to the day that was asked for', async () => {
    await using api = await startCheckedApi();
    expect((await api.send({ url: `${base}/restore-time?date=2026-11-22` })).body).toEqual({
      restore_time: [{ start_time: Date.parse('2026-11-22T23:00:00Z'), end_time: Date.parse('2026-11-22T23:59:59.999Z') }],
    });
    expect((await api.send({ url: `${base}/restore-time?date=2026-11-23` })).body).toEqual({
      restore_time: [{ start_time: Date.parse('2026-11-23T00:00:00Z'), end_time: Date.parse('2026-11-23T01:00:00Z') }],
    });
    expect((await api.send({ url: `${base}/restore-time?date=2026-11-24` })).body).toEqual({ restore_time: [] });
  });

  it('databases and collections are texts, in pages', async () => {
    await using api = await startCheckedApi();
    expect((await api.send({ url: `${base}/restore-database?restore_time=1607762955000&offset=1&limit=1` })).body).toEqual({
      databases: ['shop'],
      total_count: 3,
    });
    const asked = { instanceId, time: new Date(1_607_762_955_000), offset: 1, limit: 1 };
    expect(api.calls.at(-1)?.request).toMatchObject(asked);
    expect((await api.send({ url: `${base}/restore-collection?db_name=shop&restore_time=1607762955000` })).body).toEqual({
      collections: ['orders'],
      total_count: 4,
    });
    expect(api.calls.at(-1)?.request).toMatchObject({ db: 'shop', offset: 0, limit: 100 });
  });

  it.each([
    ['restore-time', 'DBS.280409'],
    ['restore-time?date=2026-02-30', 'DBS.280409'],
    ['restore-time?date=2026-11-23T00:00:00', 'DBS.280409'],
    ['restore-time?date=today', 'DBS.280409'],
    ['restore-database', 'DBS.280409'],
    ['restore-database?restore_time=soon', 'DBS.280409'],
    ['restore-database?restore_time=-1', 'DBS.280409'],
    ['restore-database?restore_time=1.5', 'DBS.280409'],
    ['restore-database?restore_time=1&limit=0', 'DBS.280439'],
    ['restore-database?restore_time=1&offset=-1', 'DBS.280440'],
    ['restore-collection?restore_time=1', 'DBS.280001'],
    ['restore-collection?db_name=shop', 'DBS.280409'],
    ['restore-collection?db_name=shop&restore_time=1&limit=101', 'DBS.280439'],
    ['restore-collection?db_name=other&restore_time=1', 'DBS.200823'],
  ])('%s is refused', async (path, code) => {
    await using api = await startCheckedApi();
    expect(await api.send({ url: `${base}/${path}` })).toMatchObject({ status: 400, body: { error_code: code } });
  });

  it('a single server has none', async () => {
    await using api = await startCheckedApi();
    api.failNext('listRestoreTimes', new LarderError('unsupported-operation', 'A single server.'));
    const answer = await api.send({ url: `${base}/restore-time?date=2026-11-22` });
    expect(answer).toMatchObject({ status: 400, body: { error_code: 'DBS.280343' } });
  });

  it('a time so far from its backup that the way there is still being read is asked for again', async () => {
    await using api = await startCheckedApi();
    api.failNext('listRestorableDatabases', new LarderError('still-reading', 'Ask again.', { retryable: true }));
    const answer = await api.send({ url: `${base}/restore-database?restore_time=1607762955000` });
    expect(answer).toMatchObject({ status: 503, body: { error_code: 'DBS.280005' } });
  });
});
