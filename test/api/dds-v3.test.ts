import { describe, expect, it } from 'vitest';
import { LarderError } from '../../src/core/errors.ts';
import { unsupportedCalls } from '../../src/api/dds-v3/unsupported-operations.ts';
import { startCheckedApi } from './checked-api.ts';
import { instanceId, projectId } from './fake-stack.ts';

const backups = `/v3/${projectId}/backups`;
const good = { instance_id: instanceId, name: 'backup-1', description: 'before the upgrade' };

describe('listing backups', () => {
  it('shows every field in the type and format that clients insist on', async () => {
    await using api = await startCheckedApi();
    await api.send({ method: 'POST', url: backups, body: { backup: good } });
    const { body } = await api.send({ url: backups });
    expect(body).toEqual({
      backups: [
        {
          id: expect.stringMatching(/br02$/),
          name: 'backup-1',
          instance_id: instanceId,
          instance_name: 'shop-set',
          instance_mode: 'ReplicaSet',
          datastore: { type: 'DDS-Community', version: '6.0', storage_engine: 'wiredTiger' },
          type: 'Manual',
          begin_time: '2026-11-23 09:38:10',
          end_time: '2026-11-23 09:38:10',
          status: 'COMPLETED',
          size: 2,
          description: 'before the upgrade',
          deletable: true,
          instance_status: 'normal',
          is_instance_restoring: false,
          backup_method: 'Logical',
          kms_enable: false,
        },
      ],
      total_count: 1,
    });
  });

  it('finds a backup by the very second it shows', async () => {
    await using api = await startCheckedApi();
    await api.send({ method: 'POST', url: backups, body: { backup: good } });
    const at = '2026-11-23+09%3A38%3A10';
    expect((await api.send({ url: `${backups}?begin_time=${at}&end_time=${at}` })).body).toMatchObject({ total_count: 1 });
    const before = '2026-11-23%2009:38:09';
    expect((await api.send({ url: `${backups}?begin_time=${before}&end_time=${before}` })).body).toMatchObject({
      total_count: 0,
    });
  });

  it('hands every filter on, and takes an empty one for absent', async () => {
    await using api = await startCheckedApi();
    const query = `instance_id=${instanceId}&backup_type=manual&offset=2&limit=7&mode=ReplicaSet&marker=abc&backup_id=&order_field=name&order_rule=asc&backup_status=FAILED&backup_name=a&backup_description=b&instance_name=c`;
    await api.send({ url: `${backups}?${query}` });
    expect(api.calls[0]?.request).toEqual({
      caller: expect.anything(),
      instanceId,
      type: 'Manual',
      offset: 2,
      limit: 7,
      mode: 'ReplicaSet',
      marker: 'abc',
      order: { by: 'name', descending: false },
      status: 'FAILED',
      namePart: 'a',
      descriptionPart: 'b',
      instanceNamePart: 'c',
    });
    await api.send({ url: backups });
    expect(api.calls[1]?.request).toEqual({ caller: expect.anything(), offset: 0, limit: 100 });
  });

  it.each([
    ['limit=0', 'DBS.280439'],
    ['limit=101', 'DBS.280439'],
    ['limit=ten', 'DBS.280439'],
    ['limit=0x10', 'DBS.280439'],
    ['limit=1e1', 'DBS.280439'],
    ['limit=5&limit=6', 'DBS.280439'],
    ['offset=-1', 'DBS.280440'],
    ['offset=1.5', 'DBS.280440'],
    ['offset=99999999999', 'DBS.280440'],
    ['mode=replicaset', 'DBS.280342'],
    ['backup_type=Hourly', 'DBS.280001'],
    ['backup_status=completed', 'DBS.280001'],
    ['order_field=name', 'DBS.280001'],
    ['order_rule=asc', 'DBS.280001'],
    ['order_field=size&order_rule=asc', 'DBS.280001'],
    ['order_field=name&order_rule=up', 'DBS.280001'],
    ['backup_name=%00', 'DBS.280001'],
    ['instance_id=in%2002', 'DBS.280404'],
    ['backup_id=unknown', 'DBS.201214'],
    ['backup_id=%00', 'DBS.201214'],
    ['marker=%00', 'DBS.280001'],
    ['begin_time=2018-08-06+10:41:14', 'DBS.280409'],
    ['end_time=2018-08-06+10:41:14', 'DBS.280409'],
    ['begin_time=yesterday&end_time=today', 'DBS.280409'],
    ['begin_time=2018-02-30+00:00:00&end_time=2018-03-01+00:00:00', 'DBS.280409'],
    ['begin_time=2019-01-01+00:00:00&end_time=2018-01-01+00:00:00', 'DBS.280409'],
    ['begin_time=%zz&end_time=%zz', 'DBS.280409'],
  ])('refuses %s', async (query, code) => {
    await using api = await startCheckedApi();
    expect(await api.send({ url: `${backups}?${query}` })).toMatchObject({ status: 400, body: { error_code: code } });
  });

  it('knows no incremental ones', async () => {
    await using api = await startCheckedApi();
    expect((await api.send({ url: `${backups}?backup_type=Incremental` })).body).toEqual({ backups: [], total_count: 0 });
  });

  it('takes times in every form', async () => {
    await using api = await startCheckedApi();
    const url = `${backups}?begin_time=2018-08-06T12:41:14+0200&end_time=2018-08-06T10:41:14.5Z`;
    expect((await api.send({ url })).status).toBe(200);
    expect(api.calls[0]?.request).toMatchObject({
      begin: new Date('2018-08-06T10:41:14Z'),
      end: new Date('2018-08-06T10:41:14.500Z'),
    });
  });
});

describe('other calls', () => {
  it('delete a backup once', async () => {
    await using api = await startCheckedApi();
    const { body } = await api.send({ method: 'POST', url: backups, body: { backup: good } });
    const url = `${backups}/${(body as { backup_id: string }).backup_id}`;
    expect(await api.send({ method: 'DELETE', url })).toMatchObject({ status: 200, body: { job_id: expect.any(String) } });
    expect(await api.send({ method: 'DELETE', url })).toMatchObject({ status: 400, body: { error_code: 'DBS.201214' } });
    api.failNext('deleteBackup', new LarderError('backup-in-use', 'In use.'));
    expect(await api.send({ method: 'DELETE', url })).toMatchObject({ status: 400, body: { error_code: 'DBS.201319' } });
  });

  it('show a job, finished and running', async () => {
    await using api = await startCheckedApi();
    const finished = await api.send({ method: 'POST', url: backups, body: { backup: good } });
    const running = await api.send({ method: 'POST', url: backups, body: { backup: { ...good, name: 'still-running' } } });
    const job = async (answer: { body: unknown }) =>
      (await api.send({ url: `/v3/${projectId}/jobs?id=${(answer.body as { job_id: string }).job_id}` })).body;
    const common = { instance: { id: instanceId, name: 'shop-set' }, created: '2026-11-23T09:38:10+0000', fail_reason: null };
    expect(await job(finished)).toMatchObject({
      job: { ...common, status: 'Completed', ended: '2026-11-23T09:38:10+0000', progress: '' },
    });
    expect(await job(running)).toMatchObject({ job: { ...common, status: 'Running', ended: '', progress: '66%' } });
  });

  it.each([
    ['', 'DBS.280001'],
    ['?id=', 'DBS.280001'],
    ['?id=unknown', 'DBS.200543'],
    ['?id=%00', 'DBS.200543'],
  ])('refuse jobs%s', async (query, code) => {
    await using api = await startCheckedApi();
    expect(await api.send({ url: `/v3/${projectId}/jobs${query}` })).toMatchObject({ status: 400, body: { error_code: code } });
  });

  it('list instances in the types that clients insist on', async () => {
    await using api = await startCheckedApi();
    const { body } = await api.send({ url: `/v3/${projectId}/instances` });
    expect(body).toMatchObject({
      total_count: 1,
      instances: [
        {
          id: instanceId,
          status: 'normal',
          port: '27017',
          ssl: 0,
          pay_mode: '0',
          created: '2026-11-23T09:38:10',
          backup_strategy: { keep_days: 0 },
          groups: [{ type: 'replica', volume: { size: '0' }, nodes: [{ role: 'Primary', private_ip: '127.0.0.1' }] }],
          actions: [],
        },
      ],
    });
  });

  it('answer an unknown instance id and foreign filters with an empty list', async () => {
    await using api = await startCheckedApi();
    for (const query of ['id=unknown', 'vpc_id=a', 'tags=a%3Db', 'datastore_type=Redis']) {
      expect(await api.send({ url: `/v3/${projectId}/instances?${query}` })).toMatchObject({
        status: 200,
        body: { instances: [], total_count: 0 },
      });
    }
    expect(await api.send({ url: `/v3/${projectId}/instances?name=*` })).toMatchObject({
      status: 400,
      body: { error_code: 'DBS.280234' },
    });
  });
});

describe('restoring', () => {
  const url = `/v3/${projectId}/instances/recovery`;
  const target = { instance_id: instanceId };

  it('to the original instance replaces what is there', async () => {
    await using api = await startCheckedApi();
    const { body } = await api.send({ method: 'POST', url: backups, body: { backup: good } });
    const { backup_id } = body as { backup_id: string };
    for (const type of ['backup', undefined, null, '']) {
      const answer = await api.send({
        method: 'POST',
        url,
        body: { source: { instance_id: instanceId, type, backup_id }, target },
      });
      expect(answer).toMatchObject({ status: 200, body: { job_id: expect.any(String) } });
    }
    const request = { backupId: backup_id, sourceInstanceId: instanceId, targetInstanceId: instanceId, overwrite: true };
    expect(api.calls.at(-1)).toMatchObject({ name: 'restore', request });
  });

  it('R8: takes a point in time as a number or its digits, and means all of its second', async () => {
    await using api = await startCheckedApi();
    for (const restore_time of [1_607_762_955_123, '1607762955123']) {
      const body = { source: { instance_id: instanceId, type: 'timestamp', restore_time }, target };
      expect(await api.send({ method: 'POST', url, body })).toMatchObject({ status: 200, body: { job_id: expect.any(String) } });
      const moment = { instanceId, point: { t: 1_607_762_955, i: 0xffff_ffff } };
      const request = { moment, sourceInstanceId: instanceId, targetInstanceId: instanceId, overwrite: true };
      expect(api.calls.at(-1)).toMatchObject({ name: 'restore', request });
    }
    api.failNext('restore', new LarderError('time-not-restorable', 'The time cannot be restored.'));
    const body = { source: { instance_id: instanceId, type: 'timestamp', restore_time: 1000 }, target };
    expect(await api.send({ method: 'POST', url, body })).toMatchObject({ status: 400, body: { error_code: 'DBS.280409' } });
  });

  it.each([
    ['another target', { source: { instance_id: instanceId, backup_id: 'b' }, target: { instance_id: 'other' } }, 'DBS.200004'],
    [
      'a time that is none (R8)',
      { source: { instance_id: instanceId, type: 'timestamp', restore_time: '2020-12-12' }, target },
      'DBS.280409',
    ],
    ['no time', { source: { instance_id: instanceId, type: 'timestamp' }, target }, 'DBS.280409'],
    ['no backup', { source: { instance_id: instanceId }, target }, 'DBS.280001'],
    ['an unknown type', { source: { instance_id: instanceId, type: 'x', backup_id: 'b' }, target }, 'DBS.280001'],
    ['no target', { source: { instance_id: instanceId, backup_id: 'b' } }, 'DBS.280001'],
    ['a malformed instance', { source: { instance_id: '', backup_id: 'b' }, target }, 'DBS.280404'],
    ['an unknown backup', { source: { instance_id: instanceId, backup_id: 'b' }, target }, 'DBS.201214'],
    ['a malformed backup', { source: { instance_id: instanceId, backup_id: 'b b' }, target }, 'DBS.201214'],
  ])('refuses %s', async (_what, body, code) => {
    await using api = await startCheckedApi();
    expect(await api.send({ method: 'POST', url, body })).toMatchObject({ status: 400, body: { error_code: code } });
  });
});

describe('restoring databases and collections', () => {
  const url = `/v3/${projectId}/instances/${instanceId}/restore/collections`;
  const time = 1_607_762_955_123;
  const collection = { old_name: 'orders', new_name: 'then', restore_collection_time: time };

  it('takes times as numbers or digits, for a whole database or for each of its collections', async () => {
    await using api = await startCheckedApi();
    const restore_collections = [
      { database: 'shop', restore_database_time: String(time) },
      { database: 'yard', restore_database_time: time, collections: [] },
      { database: 'yard', collections: [collection, { old_name: 'left', new_name: '', restore_collection_time: '1000' }] },
      { database: 'bank', restore_database_time: 2000, collections: [{ old_name: 'a', new_name: null }] },
    ];
    const answer = await api.send({ method: 'POST', url, body: { restore_collections } });
    expect(answer).toMatchObject({ status: 200, body: { job_id: expect.any(String) } });
    const parts = [
      { db: 'shop', time: new Date(time), collection: null },
      { db: 'yard', time: new Date(time), collection: null },
      { db: 'yard', time: new Date(time), collection: { name: 'orders', newName: 'then' } },
      { db: 'yard', time: new Date(1000), collection: { name: 'left', newName: null } },
      { db: 'bank', time: new Date(2000), collection: { name: 'a', newName: null } },
    ];
    expect(api.calls.at(-1)).toMatchObject({ name: 'restoreCollections', request: { instanceId, parts } });
  });

  it.each([
    ['nothing', {}, 'DBS.280001'],
    ['an empty list', { restore_collections: [] }, 'DBS.280001'],
    ['a database without a name', { restore_collections: [{ restore_database_time: time }] }, 'DBS.280001'],
    ['a database without a time', { restore_collections: [{ database: 'shop' }] }, 'DBS.280409'],
    ['a time that is none', { restore_collections: [{ database: 'shop', restore_database_time: 'soon' }] }, 'DBS.280409'],
    ['a collection without a time', { restore_collections: [{ database: 'a', collections: [{ old_name: 'b' }] }] }, 'DBS.280409'],
    ['a collection without a name', { restore_collections: [{ database: 'a', collections: [{ new_name: 'b' }] }] }, 'DBS.280001'],
  ])('refuses %s', async (_what, body, code) => {
    await using api = await startCheckedApi();
    expect(await api.send({ method: 'POST', url, body })).toMatchObject({ status: 400, body: { error_code: code } });
    expect(api.calls).toEqual([]);
  });

  it('says which database is taken in the words of the documentation', async () => {
    await using api = await startCheckedApi();
    api.failNext('restoreCollections', new LarderError('collection-name-taken', 'The instance has shop.orders already.'));
    const body = { restore_collections: [{ database: 'shop', restore_database_time: time }] };
    expect(await api.send({ method: 'POST', url, body })).toMatchObject({ status: 400, body: { error_code: 'DBS.200826' } });
  });
});

describe('calls that are documented and not served', () => {
  it('are refused as unsupported, to whoever may call', async () => {
    await using api = await startCheckedApi();
    for (const { method, path } of unsupportedCalls) {
      const url = `/v3/${projectId}${path.replaceAll(/:\w+/g, 'some-id')}`;
      const sent = { method: method as string, url };
      expect(await api.send(sent), `${sent.method} ${url}`).toMatchObject({ status: 400, body: { error_code: 'DBS.280343' } });
      expect((await api.send({ ...sent, token: null })).status).toBe(401);
    }
    expect(api.calls).toEqual([]);
  });
});

describe('what clients ask before they ask for an instance', () => {
  it('flavors are the same under both addresses, filtered and paged by marker', async () => {
    await using api = await startCheckedApi();
    const list = async (query: string, version = 'v3') => {
      const { status, body } = await api.send({ url: `/${version}/${projectId}/flavors${query}` });
      expect(status).toBe(200);
      return body as { flavors: { spec_code: string; ram: string; az_status: object }[]; total_count: number };
    };
    const all = await list('');
    expect(all).toEqual(await list('', 'v3.1'));
    expect(all.total_count).toBe(21);
    expect(all.flavors).toContainEqual({
      engine_name: 'DDS-Community',
      type: 'replica',
      vcpus: '1',
      ram: '4',
      spec_code: 'dds.mongodb.s2.medium.4.repset',
      engine_versions: ['6.0'],
      az_status: { 'eu-de-01': 'normal' },
    });
    const paged: string[] = [];
    for (;;) {
      const marker = paged.length === 0 ? '' : `&marker=${paged.at(-1)}`;
      const { flavors, total_count: total } = await list(`?limit=10${marker}`);
      expect(total).toBe(21);
      paged.push(...flavors.map((flavor) => flavor.spec_code));
      if (flavors.length < 10) break;
    }
    expect(paged).toEqual(all.flavors.map((flavor) => flavor.spec_code));
    expect((await list('?marker=none')).flavors).toEqual([]);
    expect((await list('?engine_name=MySQL')).total_count).toBe(0);
    expect((await list('?engine_version=5.0')).total_count).toBe(0);
    expect((await list('?engine_version=6.0')).total_count).toBe(21);
    expect((await list('?offset=20&limit=5')).flavors).toHaveLength(1);
  });

  it('versions and storage types are those of the one engine', async () => {
    await using api = await startCheckedApi();
    const versions = await api.send({ url: `/v3/${projectId}/datastores/DDS-Community/versions` });
    expect(versions).toMatchObject({ status: 200, body: { versions: ['6.0'] } });
    const types = await api.send({ url: `/v3/${projectId}/storage-type?engine_name=DDS-Community` });
    expect(types.body).toMatchObject({
      storage_type: [{ name: 'ULTRAHIGH', az_status: { 'eu-de-01': 'normal' } }],
      dss_pool_info: [],
    });
    for (const url of [`/v3/${projectId}/datastores/MySQL/versions`, `/v3/${projectId}/storage-type?engine_name=MySQL`]) {
      expect(await api.send({ url })).toMatchObject({ status: 404, body: { error_code: 'DBS.200042' } });
    }
  });
});
