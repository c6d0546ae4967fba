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
      progress: { phase: 'scan', documents_done: 10, bytes_total: 1000, bytes_per_second: 12.5, seconds_left: null },
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
      overwrite: false,
    });
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
