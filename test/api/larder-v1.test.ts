import { describe, expect, it } from 'vitest';
import { LarderError } from '../../src/core/errors.ts';
import { startCheckedApi } from './checked-api.ts';
import { accessKey, instanceId, projectId } from './fake-stack.ts';

const base = `/larder/v1/${projectId}`;

describe('instances', () => {
  it('are adopted', async () => {
    await using api = await startCheckedApi();
    const body = { name: 'shop-set', uri: 'mongodb://user:secret@host:27017/?replicaSet=shop' };
    expect(await api.send({ method: 'POST', url: `${base}/instances/adopt`, body })).toEqual(
      expect.objectContaining({ status: 201, body: { id: instanceId } }),
    );
    expect(api.calls[0]?.request).toMatchObject(body);
  });

  it.each([
    [{ name: 'x', uri: 'mongodb://h' }, 'DBS.280234'],
    [{ name: 'shop-set', uri: 'http://user:secret@h' }, 'DBS.280001'],
    [{ name: 'shop-set' }, 'DBS.280001'],
    [{ name: 'shop-set', uri: { $ne: 1 } }, 'DBS.280001'],
  ])('are refused: %j', async (body, code) => {
    await using api = await startCheckedApi();
    const answer = await api.send({ method: 'POST', url: `${base}/instances/adopt`, body });
    expect(answer).toMatchObject({ status: 400, body: { error_code: code } });
    expect(JSON.stringify(answer.body)).not.toContain('secret');
    expect(api.calls).toEqual([]);
  });

  it('are told how fast backups may read them', async () => {
    await using api = await startCheckedApi();
    const url = `${base}/instances/${instanceId}`;
    expect(await api.send({ method: 'PATCH', url, body: { rate_mb_per_s: 20 } })).toMatchObject({
      status: 200,
      body: { id: instanceId, rate_mb_per_s: 20 },
    });
    expect(await api.send({ method: 'PATCH', url, body: { rate_mb_per_s: null } })).toMatchObject({
      body: { rate_mb_per_s: null },
    });
    expect(api.calls.map(({ request }) => request)).toMatchObject([{ rateMbPerS: 20 }, { rateMbPerS: null }]);
    for (const body of [{}, { rate_mb_per_s: 0 }, { rate_mb_per_s: '20' }, { rate_mb_per_s: 1e9 }]) {
      expect(await api.send({ method: 'PATCH', url, body })).toMatchObject({ status: 400, body: { error_code: 'DBS.280001' } });
    }
    expect(api.calls).toHaveLength(2);
    const backup = { instance_id: instanceId, name: 'gentle', rate_mb_per_s: 0.5 };
    expect(await api.send({ method: 'POST', url: `${base}/backups`, body: backup })).toMatchObject({ status: 202 });
    expect(api.calls.at(-1)?.request).toMatchObject({ name: 'gentle', rateMbPerS: 0.5 });
  });

  it('that are single servers are told whether their backups lock them; a backup may say so for itself', async () => {
    await using api = await startCheckedApi();
    const adopt = { name: 'shop-one', uri: 'mongodb://h', lock: true };
    expect(await api.send({ method: 'POST', url: `${base}/instances/adopt`, body: adopt })).toMatchObject({ status: 201 });
    const url = `${base}/instances/${instanceId}`;
    expect(await api.send({ method: 'PATCH', url, body: { lock: true } })).toMatchObject({ status: 200, body: { lock: true } });
    const backup = { instance_id: instanceId, name: 'locked', lock: true };
    expect(await api.send({ method: 'POST', url: `${base}/backups`, body: backup })).toMatchObject({ status: 202 });
    expect(api.calls.map(({ request }) => request)).toMatchObject([
      { lock: true },
      { lock: true },
      { name: 'locked', lock: true },
    ]);
    for (const [method, path, body] of [
      ['PATCH', url, { lock: 'yes' }],
      ['POST', `${base}/backups`, { ...backup, lock: 1 }],
    ] as const)
      expect(await api.send({ method, url: path, body })).toMatchObject({ status: 400, body: { error_code: 'DBS.280001' } });
    expect(api.calls).toHaveLength(3);
  });

  it('that cannot be backed up are refused with the reason', async () => {
    await using api = await startCheckedApi();
    api.failNext('adoptInstance', new LarderError('instance-unsupported', 'This is a mongos.'));
    const body = { name: 'shop-set', uri: 'mongodb://h' };
    const answer = await api.send({ method: 'POST', url: `${base}/instances/adopt`, body });
    expect(answer).toMatchObject({
      status: 400,
      body: { error_code: 'DBS.280343', error_msg: 'Unsupported operation. This is a mongos.' },
    });
  });

  it('are shown field by field', async () => {
    await using api = await startCheckedApi();
    const { body } = await api.send({ url: `${base}/instances/${instanceId}` });
    expect(body).toMatchObject({
      set_name: 'shop',
      server_version: '6.0.5',
      created: '2026-11-23T09:38:10.123Z',
      nodes: [{ port: 27017 }],
    });
    expect(await api.send({ url: `${base}/instances` })).toMatchObject({ body: { instances: [body], total_count: 1 } });
    expect(await api.send({ url: `${base}/instances/unknown` })).toMatchObject({
      status: 404,
      body: { error_code: 'DBS.200002' },
    });
  });
});

describe('the history of an instance', () => {
  const url = `${base}/instances/${instanceId}/history`;

  it('R8: tells each event with the point just before it, page by page', async () => {
    await using api = await startCheckedApi();
    const query = 'ns=shop.orders&document=5&from=2026-11-25T10%3A00%3A00Z&mass_documents=50&mass_seconds=5&limit=7';
    const first = await api.send({ method: 'GET', url: `${url}?${query}` });
    expect(first).toMatchObject({
      status: 200,
      body: {
        events: [
          { kind: 'collection-dropped', ns: 'shop.orders', at: '1795600000:3', restore_at: '1795600000:2', restorable: true },
        ],
        next_marker: `1.1795600000.3.${'a'.repeat(32)}`,
        entries: 12,
      },
    });
    expect(api.calls.at(-1)?.request).toMatchObject({
      id: instanceId,
      query: {
        ns: 'shop.orders',
        document: '5',
        from: Date.parse('2026-11-25T10:00:00Z') / 1000,
        to: 0xffff_ffff,
        mass: { documents: 50, seconds: 5 },
        limit: 7,
        marker: null,
      },
    });
    const { next_marker: marker } = first.body as { next_marker: string };
    expect(await api.send({ method: 'GET', url: `${url}?marker=${marker}` })).toMatchObject({ body: { next_marker: null } });
    expect(api.calls.at(-1)?.request).toMatchObject({
      query: { limit: 100, mass: { documents: 1000, seconds: 10 }, marker: { timeline: 1, after: { t: 1795600000, i: 3 } } },
    });
  });

  it.each([
    ['limit=101', 'DBS.280439'],
    ['from=yesterday', 'DBS.280409'],
    ['marker=x', 'DBS.280001'],
    ['mass_seconds=0', 'DBS.280001'],
  ])('is refused with %s', async (query, code) => {
    await using api = await startCheckedApi();
    expect(await api.send({ method: 'GET', url: `${url}?${query}` })).toMatchObject({ status: 400, body: { error_code: code } });
    expect(api.calls).toEqual([]);
  });
});

describe('backups, jobs and restores', () => {
  it('are shown with all that is known', async () => {
    await using api = await startCheckedApi();
    const backup = { instance_id: instanceId, name: 'still-running' };
    const { body } = await api.send({ method: 'POST', url: `/v3/${projectId}/backups`, body: { backup } });
    const { backup_id, job_id } = body as { backup_id: string; job_id: string };
    const shown = await api.send({ url: `${base}/backups/${backup_id}` });
    expect(shown.body).toMatchObject({
      id: backup_id,
      begin_time: '2026-11-23T09:38:10.123Z',
      size_bytes: 1025,
      cluster_time: { t: 1_795_000_000, i: 7 },
      consistency: 'snapshot',
      documents_read: 10,
      collections: [{ db: 'shop', name: 'orders', documents: 10, documents_exact: true }],
      fail_reason: null,
    });
    const listed = await api.send({ url: `${base}/backups?limit=1&offset=0&type=Manual&instance_id=${instanceId}` });
    expect(listed).toMatchObject({ body: { total_count: 1, backups: [{ id: backup_id }] } });
    expect((await api.send({ url: `${base}/jobs/${job_id}` })).body).toMatchObject({
      status: 'Running',
      ended: null,
      backup_id,
      progress: {
        phase: 'scan',
        share: 0.666,
        documents_done: 10,
        bytes_total: 1000,
        bytes_per_second: 12.5,
        seconds_left: null,
        lag_seconds: 2,
        oplog_window_seconds: 7200,
      },
    });
    const restore = { backup_id, target_instance_id: instanceId };
    expect(await api.send({ method: 'POST', url: `${base}/restores`, body: restore })).toMatchObject({
      status: 202,
      body: { job_id: expect.any(String) },
    });
    expect(api.calls.at(-1)?.request).toEqual({
      caller: expect.anything(),
      backupId: backup_id,
      targetInstanceId: instanceId,
      selection: { databases: [], collections: [], users: true },
      overwrite: false,
    });
  });

  it('are restored in parts and renamed, or only planned', async () => {
    await using api = await startCheckedApi();
    const backup = { instance_id: instanceId, name: 'to-restore' };
    const made = await api.send({ method: 'POST', url: `/v3/${projectId}/backups`, body: { backup } });
    const { backup_id } = made.body as { backup_id: string };
    const body = {
      backup_id,
      target_instance_id: instanceId,
      databases: [{ name: 'shop', new_name: 'copy' }],
      collections: [{ name: 'log.a.b' }],
    };
    expect(await api.send({ method: 'POST', url: `${base}/restores`, body })).toMatchObject({ status: 202 });
    const selection = {
      databases: [{ name: 'shop', newName: 'copy' }],
      collections: [{ name: 'log.a.b', newName: null }],
      users: false,
    };
    expect(api.calls.at(-1)).toMatchObject({ name: 'restore', request: { selection } });
    const planned = await api.send({ method: 'POST', url: `${base}/restores`, body: { ...body, users: true, dry_run: true } });
    expect(planned).toMatchObject({
      status: 200,
      body: {
        arrivals: [{ name: 'shop.orders', indexes: ['n_1'], overwrites: { documents: 9, bytes: 900 } }],
        drops: [],
        users: true,
        replay: null,
      },
    });
    expect(api.calls.at(-1)).toMatchObject({ name: 'previewRestore', request: { selection: { ...selection, users: true } } });
    for (const wrong of [{ databases: [] }, { databases: ['shop'] }, { collections: [{ name: '' }] }, { users: 'yes' }]) {
      const request = { backup_id, target_instance_id: instanceId, ...wrong };
      const answer = await api.send({ method: 'POST', url: `${base}/restores`, body: request });
      expect(answer, JSON.stringify(wrong)).toMatchObject({ status: 400, body: { error_code: 'DBS.280001' } });
    }
  });

  it('R8: restore a point in time, as a time or as an entry of the oplog', async () => {
    await using api = await startCheckedApi();
    const asked = { instance_id: instanceId, target_instance_id: instanceId };
    for (const [at, point] of [
      ['2026-11-25T10:00:00Z', { t: Date.parse('2026-11-25T10:00:00Z') / 1000, i: 0xffff_ffff }],
      ['1795600800:7', { t: 1_795_600_800, i: 7 }],
    ] as const) {
      expect(await api.send({ method: 'POST', url: `${base}/restores`, body: { ...asked, at } })).toMatchObject({ status: 202 });
      expect(api.calls.at(-1)).toMatchObject({ name: 'restore', request: { moment: { instanceId, point }, overwrite: false } });
    }
    for (const [wrong, code] of [
      [{ at: 'yesterday' }, 'DBS.280409'],
      [{ at: '1969-12-31T23:59:59Z' }, 'DBS.280409'],
      [{}, 'DBS.280001'],
      [{ at: '1:1', backup_id: 'a' }, 'DBS.280001'],
    ] as const) {
      const answer = await api.send({ method: 'POST', url: `${base}/restores`, body: { ...asked, ...wrong } });
      expect(answer, JSON.stringify(wrong)).toMatchObject({ status: 400, body: { error_code: code } });
    }
  });

  it('are cancelled while they run', async () => {
    await using api = await startCheckedApi();
    const create = async (name: string): Promise<string> => {
      const backup = { instance_id: instanceId, name };
      const { body } = await api.send({ method: 'POST', url: `/v3/${projectId}/backups`, body: { backup } });
      return (body as { job_id: string }).job_id;
    };
    const running = await create('still-running');
    const cancel = (id: string) => api.send({ method: 'POST', url: `${base}/jobs/${id}/cancel` });
    expect(await cancel(running)).toMatchObject({ status: 202, body: { job_id: running } });
    expect(api.calls.at(-1)).toMatchObject({ name: 'cancelJob', request: { jobId: running } });
    expect(await cancel(await create('over'))).toMatchObject({
      status: 400,
      body: { error_code: 'DBS.200004', error_msg: 'Operation is illegal. The job has ended already.' },
    });
    expect(await cancel('unknown')).toMatchObject({ status: 400, body: { error_code: 'DBS.200543' } });
  });

  it('are proved by drills', async () => {
    await using api = await startCheckedApi();
    const backup = { instance_id: instanceId, name: 'to-prove' };
    const made = await api.send({ method: 'POST', url: `/v3/${projectId}/backups`, body: { backup } });
    const { backup_id } = made.body as { backup_id: string };
    const assertions = [{ namespace: 'shop.orders', query: { n: 1 }, count: 1 }];
    const drill = (body: object) => api.send({ method: 'POST', url: `${base}/drills`, body });
    expect(await drill({ instance_id: instanceId, assertions })).toMatchObject({ status: 202, body: { backup_id } });
    expect(api.calls.at(-1)).toMatchObject({ name: 'drill', request: { of: { instanceId }, assertions } });
    expect(await drill({ backup_id: 'unknown' })).toMatchObject({ status: 400, body: { error_code: 'DBS.201214' } });
    expect(await drill({})).toMatchObject({ status: 400, body: { error_code: 'DBS.280001' } });
  });

  it('are proved by drills that come by themselves', async () => {
    await using api = await startCheckedApi();
    const url = `${base}/instances/${instanceId}/drill-schedule`;
    expect(await api.send({ url })).toMatchObject({ status: 200, body: { schedule: null, proof: { state: 'none' } } });
    const assertions = [{ namespace: 'shop.orders', query: { n: 1 }, count: 1 }];
    const body = { every_days: 7, start_time: '03:00-04:00', assertions };
    const set = await api.send({ method: 'PUT', url, body });
    expect(set).toMatchObject({ status: 200, body: { schedule: { ...body, proof_days: 8 }, last_begun: null, trouble: null } });
    for (const wrong of [
      {},
      { every_days: 0 },
      { every_days: '7' },
      { ...body, start_time: '3' },
      { ...body, assertions: [{}] },
    ]) {
      const refused = await api.send({ method: 'PUT', url, body: wrong });
      expect(refused, JSON.stringify(wrong)).toMatchObject({ status: 400, body: { error_code: 'DBS.280001' } });
    }
    expect((await api.send({ url })).body).toEqual(set.body);
    expect(await api.send({ method: 'DELETE', url })).toMatchObject({ status: 204 });
    expect((await api.send({ url })).body).toMatchObject({ schedule: null });
  });

  it('are refused with the documented codes', async () => {
    await using api = await startCheckedApi();
    const refused: [string, string, unknown, number, string][] = [
      ['GET', `${base}/backups/unknown`, undefined, 400, 'DBS.201214'],
      ['GET', `${base}/backups?limit=1000`, undefined, 400, 'DBS.280439'],
      ['GET', `${base}/jobs/unknown`, undefined, 400, 'DBS.200543'],
      ['POST', `${base}/restores`, {}, 400, 'DBS.280001'],
      ['POST', `${base}/restores`, { backup_id: 'b', target_instance_id: instanceId, overwrite: 'yes' }, 400, 'DBS.280001'],
      ['POST', `${base}/restores`, { backup_id: 'b', target_instance_id: instanceId }, 400, 'DBS.201214'],
      ['GET', '/larder/v1/nonsense/backups', undefined, 400, 'DBS.280408'],
      ['GET', `${base}/nonsense`, undefined, 404, 'APIGW.0101'],
    ];
    for (const [method, url, body, status, code] of refused) {
      expect(await api.send({ method, url, body }), `${method} ${url}`).toMatchObject({ status, body: { error_code: code } });
    }
    api.failNext('restore', new LarderError('target-not-empty', 'The target holds data.'));
    const body = { backup_id: 'b', target_instance_id: instanceId };
    expect(await api.send({ method: 'POST', url: `${base}/restores`, body })).toMatchObject({
      status: 400,
      body: { error_code: 'DBS.200004', error_msg: 'Operation is illegal. The target holds data.' },
    });
  });
});

it('access keys are created once, listed without secrets and deleted', async () => {
  await using api = await startCheckedApi();
  const url = `${base}/access-keys`;
  expect(await api.send({ method: 'POST', url, body: {} })).toMatchObject({
    status: 201,
    body: accessKey,
    headers: { 'cache-control': 'no-store' },
  });
  expect(await api.send({ method: 'POST', url })).toMatchObject({ status: 201 });
  const listed = await api.send({ url });
  expect(listed.body).toEqual({ access_keys: [{ access: accessKey.access, created: '2026-11-23T09:38:10.123Z' }] });
  expect(await api.send({ method: 'DELETE', url: `${url}/${accessKey.access}` })).toMatchObject({ status: 204, body: null });
  expect(await api.send({ method: 'DELETE', url: `${url}/unknown` })).toMatchObject({
    status: 404,
    body: { error_code: 'DBS.200001' },
  });
});

it('health needs no token', async () => {
  await using api = await startCheckedApi();
  expect(await api.send({ url: '/larder/v1/health', token: null })).toMatchObject({
    status: 200,
    body: { status: 'ok', version: '0.1.0' },
  });
});
