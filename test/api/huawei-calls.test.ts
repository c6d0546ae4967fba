import { describe, expect, it } from 'vitest';
import { startCheckedApi, type CheckedApi } from './checked-api.ts';
import { instanceId, projectId } from './fake-stack.ts';

const P = `/v3/${projectId}`;
const tasks = `/v3.1/${projectId}/jobs`;

async function backUp(api: CheckedApi, name: string): Promise<{ job_id: string; backup_id: string }> {
  const { body } = await api.send({ method: 'POST', url: `${P}/backups`, body: { backup: { instance_id: instanceId, name } } });
  return body as { job_id: string; backup_id: string };
}

describe('calls that only Huawei’s edition has', () => {
  it('the list of jobs: every field a text, filters handed on', async () => {
    await using api = await startCheckedApi();
    const made = await backUp(api, 'still-running');
    expect((await api.send({ url: tasks })).body).toEqual({
      jobs: [
        {
          id: made.job_id,
          name: 'MongodbSnapshotBackup',
          instance_id: instanceId,
          instance_name: 'shop-set',
          status: 'Running',
          progress: '66%',
          fail_reason: null,
          created_at: '2026-11-23T09:38:10+0000',
          ended_at: '',
        },
      ],
      total_count: 1,
    });
    const period = 'start_time=2026-11-01T00:00:00+0000&end_time=2026-11-30T00:00:00Z';
    await api.send({ url: `${tasks}?status=Failed&name=MongodbSnapshotBackup&id=x&offset=1&limit=2&marker=m&${period}` });
    expect(api.calls.at(-1)?.request).toEqual({
      caller: expect.anything(),
      status: 'Failed',
      name: 'MongodbSnapshotBackup',
      id: 'x',
      offset: 1,
      limit: 2,
      marker: 'm',
      begin: new Date('2026-11-01T00:00:00Z'),
      end: new Date('2026-11-30T00:00:00.999Z'),
    });
  });

  it.each([
    ['status=running', 'DBS.280001'],
    ['id=%00', 'DBS.200543'],
    ['limit=0', 'DBS.280439'],
    ['offset=-1', 'DBS.280440'],
    ['start_time=2026-11-01T00:00:00Z', 'DBS.280409'],
    ['start_time=2026-11-02T00:00:00Z&end_time=2026-11-01T00:00:00Z', 'DBS.280409'],
    ['start_time=2026-11-01T00:00:00Z&end_time=2026-12-01T00:00:01Z', 'DBS.280409'],
  ])('the list of jobs refuses %s', async (query, code) => {
    await using api = await startCheckedApi();
    expect(await api.send({ url: `${tasks}?${query}` })).toMatchObject({ status: 400, body: { error_code: code } });
  });

  it('several backups are deleted by one call', async () => {
    await using api = await startCheckedApi();
    const ids = [(await backUp(api, 'first')).backup_id, (await backUp(api, 'second')).backup_id];
    const url = `${P}/instances/backups`;
    expect(await api.send({ method: 'DELETE', url, body: { backup_ids: ids } })).toMatchObject({ status: 200, body: {} });
    expect((await api.send({ url: `${P}/backups` })).body).toMatchObject({ total_count: 0 });
    for (const [body, code] of [
      [undefined, 'DBS.280001'],
      [{}, 'DBS.280001'],
      [{ backup_ids: [] }, 'DBS.280001'],
      [{ backup_ids: 'x' }, 'DBS.280001'],
      [{ backup_ids: [5] }, 'DBS.280001'],
      [{ backup_ids: ['a b'] }, 'DBS.201214'],
      [{ backup_ids: ['none'] }, 'DBS.201214'],
      [{ backup_ids: Array.from({ length: 11 }, (_, n) => `id-${n}`) }, 'DBS.280001'],
    ] as const) {
      expect(await api.send({ method: 'DELETE', url, body })).toMatchObject({ status: 400, body: { error_code: code } });
    }
  });

  it('a backup that is being made is stopped', async () => {
    await using api = await startCheckedApi();
    const running = await backUp(api, 'still-running');
    const url = `${P}/backups/${running.backup_id}`;
    const stop = { action: 'stop' };
    expect(await api.send({ method: 'PUT', url, body: stop })).toMatchObject({ status: 200, body: { job_id: running.job_id } });
    const over = await backUp(api, 'is-over');
    for (const [id, body, code] of [
      [over.backup_id, stop, 'DBS.200004'],
      ['none', stop, 'DBS.201214'],
      [over.backup_id, { action: 'start' }, 'DBS.280001'],
      [over.backup_id, {}, 'DBS.280001'],
    ] as const) {
      const answer = await api.send({ method: 'PUT', url: `${P}/backups/${id}`, body });
      expect(answer).toMatchObject({ status: 400, body: { error_code: code } });
    }
  });

  it('quotas say how many instances there are, and that there is no limit', async () => {
    await using api = await startCheckedApi();
    expect((await api.send({ url: `${P}/quotas` })).body).toEqual({
      quotas: {
        resources: [
          { type: 'instance', mode: 'Sharding', quota: -1, used: 0 },
          { type: 'instance', mode: 'ReplicaSet', quota: -1, used: 1 },
          { type: 'instance', mode: 'Single', quota: -1, used: 0 },
        ],
      },
    });
  });
});
