import { describe, expect, it } from 'vitest';
import { LarderError } from '../../src/core/errors.ts';
import { startCheckedApi } from './checked-api.ts';
import { instanceId, projectId } from './fake-stack.ts';

const url = `/v3/${projectId}/instances/${instanceId}/backups/policy`;
const on = { keep_days: 7, start_time: '19:00-20:00', period: '1,2,4,5,6' };
const put = (policy: unknown, path = url) => ({ method: 'PUT', url: path, body: { backup_policy: policy } });

describe('the backup policy', () => {
  it('A7: is one field while it is off, and a number of days in any case', async () => {
    await using api = await startCheckedApi();
    expect(await api.send({ url })).toMatchObject({ status: 200, body: { backup_policy: { keep_days: 0 } } });
    expect((await api.send({ url })).body).toEqual({ backup_policy: { keep_days: 0 } });
    expect(await api.send(put({ ...on, keep_days: '7' }))).toMatchObject({ status: 200, body: {} });
    expect((await api.send({ url })).body).toEqual({ backup_policy: { ...on, enable_incremental_backup: true } });
    expect(await api.send(put({ keep_days: 0, start_time: '' }))).toMatchObject({ status: 200, body: {} });
    expect((await api.send({ url })).body).toEqual({ backup_policy: { keep_days: 0 } });
  });

  it.each([
    [{ ...on, keep_days: 733 }, 'DBS.280214'],
    [{ ...on, keep_days: 1.5 }, 'DBS.280214'],
    [{ ...on, keep_days: 'seven' }, 'DBS.280214'],
    [{ ...on, keep_days: 6 }, 'DBS.280215'],
    [{ ...on, period: '1, 2' }, 'DBS.280215'],
    [{ ...on, start_time: '' }, 'DBS.280216'],
    [{ keep_days: 7 }, 'DBS.280216'],
    [{ ...on, start_time: '19:20-20:20' }, 'DBS.280216'],
    [{ ...on, start_time: '19:00-19:30' }, 'DBS.280416'],
    [{ start_time: '19:00-20:00' }, 'DBS.280001'],
    [{ ...on, keep_days: true }, 'DBS.280001'],
    [{ ...on, keep_days: null }, 'DBS.280001'],
    [{ ...on, period: 1 }, 'DBS.280001'],
    [{ ...on, start_time: ['19:00-20:00'] }, 'DBS.280001'],
    [{ ...on, enable_incremental_backup: 'true' }, 'DBS.280001'],
    [{ ...on, enable_incremental_backup: false }, 'DBS.280343'],
    ['7', 'DBS.280001'],
    [null, 'DBS.280001'],
    [undefined, 'DBS.280001'],
  ])('A1: %j is refused', async (policy, code) => {
    await using api = await startCheckedApi();
    expect(await api.send(put(policy))).toMatchObject({ status: 400, body: { error_code: code } });
    expect((await api.send({ url })).body).toEqual({ backup_policy: { keep_days: 0 } });
  });

  it('A1: of an instance that does not exist, or is no id', async () => {
    await using api = await startCheckedApi();
    const other = url.replace(instanceId, `${'0'.repeat(32)}in02`);
    const unknown = { status: 404, body: { error_code: 'DBS.200002' } };
    expect(await api.send({ url: other })).toMatchObject(unknown);
    expect(await api.send(put(on, other))).toMatchObject(unknown);
    const malformed = { status: 400, body: { error_code: 'DBS.280404' } };
    expect(await api.send({ url: url.replace(instanceId, 'a.b') })).toMatchObject(malformed);
    expect(await api.send(put(on, url.replace(instanceId, 'a.b')))).toMatchObject(malformed);
  });

  it('takes an archive of the oplog for granted while it is on, and anything while it is off', async () => {
    await using api = await startCheckedApi();
    for (const incremental of [true, null]) {
      expect(await api.send(put({ ...on, enable_incremental_backup: incremental }))).toMatchObject({ status: 200 });
    }
    for (const incremental of [true, false]) {
      const off = { keep_days: 0, enable_incremental_backup: incremental };
      expect(await api.send(put(off))).toMatchObject({ status: 200 });
    }
  });

  it('A8: is refused with a code that clients retry while the instance is busy', async () => {
    await using api = await startCheckedApi();
    api.failNext('setPolicy', new LarderError('instance-busy', 'A restore runs.'));
    expect(await api.send(put(on))).toMatchObject({ status: 403, body: { error_code: 'DBS.201014' } });
  });

  it('is part of the instance’s row, and told with its outcomes by Larder’s own call', async () => {
    await using api = await startCheckedApi();
    await api.send(put(on));
    expect(await api.send({ url: `/v3/${projectId}/instances` })).toMatchObject({
      body: { instances: [{ backup_strategy: { start_time: '19:00-20:00', keep_days: 7 } }] },
    });
    expect((await api.send({ url: `/larder/v1/${projectId}/instances/${instanceId}/policy` })).body).toEqual({
      ...on,
      incremental: true,
      next_window: null,
      first_backup_due: false,
      trouble: null,
      windows: [],
    });
  });
});
