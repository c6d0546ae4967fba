import { describe, expect, it } from 'vitest';
import { choosePorts } from '../../src/provider/choose-ports.ts';
import { order, password, uuid, singleOrder, useOwnInstances } from '../fixtures/own-instances.ts';
import { startLarder } from '../fixtures/start-larder.ts';
import { until } from '../fixtures/until.ts';
import { whatServersDo } from './own-instances/in-use.ts';
import { parametersAreSet } from './own-instances/parameters.ts';

const own = useOwnInstances();
const { p, call, status, listed, settled, completed, connectAs, members, connectTo, parametersOf } = own;

describe('instances of our own', () => {
  it('are ordered with 202, listed as creating, and become normal with a first automated backup and nothing running', async () => {
    const answer = await own.larder.send('POST', p('/instances'), order);
    expect(answer.status).toBe(202);
    const created = (await answer.json()) as Record<string, unknown> & { id: string; job_id: string };
    own.set = created.id;
    expect(created).toMatchObject({
      status: 'creating',
      port: expect.any(Number),
      flavor: [{ num: '1', size: '20', type: 'replica', spec_code: 'dds.mongodb.s2.medium.4.repset' }],
      backup_strategy: { keep_days: '7', start_time: '00:00-01:00' },
      ssl_option: '0',
      mode: 'ReplicaSet',
    });
    expect(await listed(own.set)).toMatchObject({ status: 'creating', actions: ['CREATE'] });
    expect(await status('POST', `/instances/${own.set}/restart`, {})).toEqual({ status: 403, code: 'DBS.201014' });
    const template = await call<{ configuration: { id: string } }>('POST', '/configurations', {
      name: 'first-template',
      datastore: { node_type: 'single', version: '6.0' },
      parameter_values: { 'net.maxIncomingConnections': '200', transactionLifetimeLimitSeconds: '30' },
    });
    const withTemplate = (type: string) => ({
      ...singleOrder,
      configurations: [{ type, configuration_id: template.configuration.id }],
    });
    expect(await status('POST', '/instances', withTemplate('replica'))).toEqual({ status: 400, code: 'DBS.280327' });
    const other = await call<{ id: string; job_id: string }>('POST', '/instances', withTemplate('single'));
    own.single = other.id;
    expect(await completed(created)).toMatchObject({ name: 'CreateMongoDBReplica' });
    expect(await completed(other)).toMatchObject({ name: 'CreateMongoDBReplicaSingle' });
    const ready = await settled(own.set);
    expect(ready).toMatchObject({
      ssl: 0,
      vpc_id: uuid(1),
      subnet_id: uuid(2),
      security_group_id: uuid(3),
      tags: order.tags,
      backup_strategy: { keep_days: 7 },
      groups: [{ type: 'replica', volume: { size: '20' } }],
    });
    expect(ready.groups[0]!.nodes.map(({ role }) => role).toSorted()).toEqual(['Primary', 'Secondary', 'Secondary']);
    expect(Number(ready.groups[0]!.volume.used)).toBeGreaterThan(0);
    const { backups } = await call<{ backups: { type: string; status: string }[] }>('GET', `/backups?instance_id=${own.set}`);
    expect(backups).toMatchObject([{ type: 'Auto', status: 'COMPLETED' }]);
    await using client = await connectAs(own.set, password);
    await client
      .db('shop')
      .collection('goods')
      .insertMany([{ n: 1 }, { n: 2 }]);
    expect(await settled(own.single)).toMatchObject({ mode: 'Single', backup_strategy: { keep_days: 0 } });
    await using alone = await connectAs(own.single, password);
    await alone.db('shop').collection('goods').insertOne({ n: 1 });
    expect(await parametersOf(alone)).toMatchObject({ connections: 200, transaction: 30, slow: 100 });
  });

  parametersAreSet(own);

  it('take another name, other tags, an address, a security group, a larger volume and other specifications', async () => {
    expect(await status('PUT', `/instances/${own.set}/modify-name`, { new_instance_name: 'renamed' })).toMatchObject({
      status: 200,
    });
    expect(
      await call('POST', `/instances/${own.set}/tags/action`, { action: 'create', tags: [{ key: 'owner', value: 'me' }] }),
    ).toEqual({});
    expect(await call('POST', `/instances/${own.set}/tags/action`, { action: 'delete', tags: [{ key: 'stage' }] })).toEqual({});
    expect(await call('GET', `/instances/${own.set}/tags`)).toEqual({ tags: [{ key: 'owner', value: 'me' }] });
    expect(await call('GET', '/tags')).toEqual({
      tags: [
        { key: 'owner', values: ['me'] },
        { key: 'stage', values: ['test'] },
      ],
    });
    const filter = { action: 'filter', tags: [{ key: 'owner', values: ['you', 'me'] }] };
    expect(await call('POST', '/instances/action', filter)).toMatchObject({
      instances: [{ instance_id: own.set }],
      total_count: 1,
    });
    expect(await call('POST', '/instances/action', { ...filter, action: 'count' })).toEqual({ total_count: 1 });
    expect(await call('GET', '/instances?tags=owner%3Dme')).toMatchObject({ total_count: 1 });
    expect(await call('GET', `/instances?vpc_id=${uuid(9)}`)).toMatchObject({ total_count: 0 });
    const node = (await listed(own.set))!.groups[0]!.nodes[1]!;
    await completed(await call('POST', `/nodes/${node.id}/bind-eip`, { public_ip: '192.0.2.7', public_ip_id: uuid(7) }));
    expect(await status('POST', `/nodes/${node.id}/bind-eip`, { public_ip: '192.0.2.7', public_ip_id: uuid(7) })).toMatchObject({
      code: 'DBS.200702',
    });
    await completed(await call('POST', `/instances/${own.set}/modify-security-group`, { security_group_id: uuid(4) }));
    await completed(await call('POST', `/instances/${own.set}/enlarge-volume`, { volume: { group_id: '', size: '30' } }));
    const resize = { resize: { target_type: null, target_id: own.set, target_spec_code: 'dds.mongodb.s2.large.4.repset' } };
    await completed(await call('POST', `/instances/${own.set}/resize`, resize));
    expect(
      await status('PUT', `/instances/${own.set}/maintenance-window`, { start_time: '10:00', end_time: '12:00' }),
    ).toMatchObject({ status: 200 });
    expect(await status('POST', `/instances/${own.set}/client-network`, { client_network_ranges: ['10.0.0.0/8'] })).toMatchObject(
      {
        status: 200,
      },
    );
    expect(await settled(own.set)).toMatchObject({
      name: 'renamed',
      security_group_id: uuid(4),
      maintenance_window: '10:00-12:00',
      groups: [{ volume: { size: '30' } }],
    });
    const streams = { log_type: 'audit_log', lts_group_id: uuid(5), lts_stream_id: uuid(6) };
    const logs = '/instances/logs/lts-configs';
    expect(await status('POST', logs, { lts_configs: [{ instance_id: own.set, ...streams }] })).toMatchObject({ status: 202 });
    const { instance_lts_configs: configs } = await call<{ instance_lts_configs: { instance: { id: string } }[] }>('GET', logs);
    expect(configs.find(({ instance }) => instance.id === own.set)).toMatchObject({
      lts_configs: [{ ...streams, enabled: true }],
    });
    expect(configs.find(({ instance }) => instance.id === own.single)).not.toHaveProperty('lts_configs');
    const forgotten = { lts_configs: [{ instance_id: own.set, log_type: 'audit_log' }] };
    expect(await status('DELETE', logs, forgotten)).toMatchObject({ status: 202 });
    expect(JSON.stringify(await call('GET', logs))).not.toContain('lts_configs":[{"log_type');
    const after = (await listed(own.set))!.groups[0]!.nodes;
    expect(after.find(({ id }) => id === node.id)).toMatchObject({
      public_ip: '192.0.2.7',
      spec_code: 'dds.mongodb.s2.large.4.repset',
    });
    await completed(await call('POST', `/nodes/${node.id}/unbind-eip`));
    expect(await status('POST', `/nodes/${node.id}/unbind-eip`)).toEqual({ status: 400, code: 'DBS.200701' });
  });

  it('refuse with the documented code what cannot be', async () => {
    const refusals: readonly (readonly [string, string, unknown, number, string])[] = [
      ['POST', `/instances/${own.set}/enlarge-volume`, { volume: { size: 30 } }, 400, 'DBS.280266'],
      ['POST', `/instances/${own.set}/enlarge-volume`, { volume: { size: 35 } }, 400, 'DBS.200302'],
      ['POST', `/instances/${own.set}/enlarge-volume`, { volume: { size: 3000 } }, 400, 'DBS.280242'],
      ['POST', `/instances/${own.set}/resize`, { resize: { target_id: own.set, target_spec_code: 'huge' } }, 400, 'DBS.280239'],
      [
        'POST',
        `/instances/${own.set}/resize`,
        { resize: { target_id: own.set, target_spec_code: 'dds.mongodb.s2.large.4.single' } },
        400,
        'DBS.239012',
      ],
      ['POST', `/instances/${own.set}/modify-port`, { port: 80 }, 400, 'DBS.200060'],
      ['POST', `/instances/${own.set}/modify-port`, { port: 'x' }, 400, 'DBS.200059'],
      ['POST', `/instances/${own.set}/modify-port`, { port: Number((await listed(own.set))!.port) }, 400, 'DBS.200462'],
      ['POST', `/instances/${own.set}/modify-port`, { port: Number((await listed(own.single))!.port) }, 400, 'DBS.200059'],
      ['POST', `/instances/${own.set}/switch-ssl`, { ssl_option: '2' }, 400, 'DBS.239011'],
      ['POST', `/instances/${own.single}/switchover`, {}, 400, 'DBS.280343'],
      ['PUT', `/instances/${own.set}/modify-name`, { new_instance_name: '1' }, 400, 'DBS.280234'],
      ['PUT', `/instances/${own.set}/reset-password`, { user_pwd: 'aaaaaaaa' }, 400, 'DBS.200068'],
      ['PUT', `/instances/${own.set}/reset-password`, { user_pwd: 'Aa1_' }, 400, 'DBS.200052'],
      ['PUT', `/instances/${own.set}/reset-password`, { user_pwd: 'Aa1_aaa a' }, 400, 'DBS.280200'],
      ['PUT', `/instances/${own.set}/reset-password`, { user_pwd: password, user_name: 'a b' }, 400, 'DBS.280292'],
      ['PUT', `/instances/${own.set}/reset-password`, { user_pwd: password, user_name: 'nobody' }, 400, 'DBS.200824'],
      ['PUT', `/instances/${own.set}/reset-password`, { user_pwd: password, user_name: 'larder' }, 400, 'DBS.200824'],
      ['POST', `/nodes/${'0'.repeat(32)}no02/unbind-eip`, undefined, 400, 'DBS.200451'],
      ['POST', `/instances/${own.set}/tags/action`, { action: 'create', tags: [{ key: 'a b' }] }, 400, 'DBS.280482'],
      ['POST', '/instances', { restore_collections: [] }, 400, 'DBS.280404'],
      ['POST', '/instances', { ...order, restore_point: { backup_id: 'none' } }, 400, 'DBS.201214'],
      ['POST', '/instances', { ...order, mode: 'Sharding' }, 400, 'DBS.280347'],
    ];
    for (const [method, path, body, code, text] of refusals) {
      expect(await status(method, path, body), `${path} ${JSON.stringify(body)}`).toEqual({ status: code, code: text });
    }
    // No refusal leaves an action behind; an automated backup may have begun.
    expect((await listed(own.set))!.actions.filter((action) => action !== 'BACKUP')).toEqual([]);
  });

  whatServersDo(own);

  it(
    'change the password, the port, TLS and the primary for real, and are the same after a restart',
    { timeout: 280_000 },
    async () => {
      const second = 'Other-Word_2';
      expect(await call('PUT', `/instances/${own.set}/reset-password`, { user_pwd: second })).toEqual({});
      await expect(connectAs(own.set, password)).rejects.toThrow(/[Aa]uthentication/);
      const before = (await settled(own.set)).groups[0]!.nodes.find(({ role }) => role === 'Primary')!;
      expect(await completed(await call('POST', `/instances/${own.set}/switchover`, {}))).toMatchObject({
        name: 'SwitchPrimary',
      });
      const switched = await own.larder.call<{ nodes: { id: string; role: string }[] }>(
        'GET',
        `/larder/v1/${own.larder.projectId}/instances/${own.set}`,
      );
      expect(switched.nodes.find(({ role }) => role === 'Primary')!.id).not.toBe(before.id);
      const nodeIds = switched.nodes.map(({ id }) => id);

      // Other tests may run beside this one.
      const free = { host: '127.0.0.1', taken: new Set<number>() };
      const [port = 0, other = 0] = await choosePorts(2100 + (process.pid % 6000), 2, free);
      expect(await call('POST', `/instances/${own.set}/modify-port`, { port })).toMatchObject({ port });
      expect(await settled(own.set)).toMatchObject({ port: String(port) });
      expect(await completed(await call('POST', `/instances/${own.single}/modify-port`, { port: String(other) }))).toMatchObject({
        name: 'ModifyPort',
      });
      expect(await completed(await call('POST', `/instances/${own.set}/restart`, { target_type: null }))).toMatchObject({
        name: 'RestartReplicaSetInstance',
      });
      expect(await completed(await call('POST', `/instances/${own.single}/restart`))).toMatchObject({
        name: 'RestartReplicaSingleInstance',
      });
      {
        await using client = await connectAs(own.set, second);
        expect(await client.db('shop').collection('goods').countDocuments()).toBe(2);
        await using alone = await connectAs(own.single, password);
        expect(await alone.db('shop').collection('goods').countDocuments()).toBe(1);
        expect(await parametersOf(alone)).toMatchObject({ connections: 200, transaction: 30 });
        for (const { host, port: at } of await members(own.set)) {
          await using member = await connectTo(`${host}:${at}`, second);
          expect(await parametersOf(member)).toMatchObject({ slow: 300, scanRefused: false, connections: 300 });
        }
        const changes = await call<{ histories: { applied: boolean }[] }>(
          'GET',
          `/instances/${own.set}/configuration-histories?entity_id=${own.set}`,
        );
        expect(changes.histories.every(({ applied }) => applied)).toBe(true);
      }
      expect(await call('POST', `/instances/${own.set}/switch-ssl`, { ssl_option: '1' })).toMatchObject({ ssl_option: '1' });
      expect(await settled(own.set)).toMatchObject({ ssl: 1, port: String(port) });
      await expect(connectAs(own.set, second)).rejects.toThrow();
      await using client = await connectAs(own.set, second, { ca: `${own.folder.path}/instances/ca.pem` });
      expect(await client.db('shop').collection('goods').countDocuments()).toBe(2);
      expect((await listed(own.set))!.groups[0]!.nodes.map(({ id }) => id)).toEqual(nodeIds);
    },
  );

  it(
    'are started again with the next start of Larder, and come back from a backup as another instance, deleted or not',
    { timeout: 280_000 },
    async () => {
      const backup = await call<{ job_id: string; backup_id: string }>('POST', '/backups', {
        backup: { instance_id: own.set, name: 'before-restart' },
      });
      await completed(backup);
      await own.larder[Symbol.asyncDispose]();
      own.larder = await startLarder({ dataFolder: own.folder.path });
      const ready = await until(
        async () => {
          const now = await own.larder.call<{ status: string; tls: boolean }>(
            'GET',
            `/larder/v1/${own.larder.projectId}/instances/${own.set}`,
          );
          return now.status === 'normal' ? now : null;
        },
        { what: 'the servers to run again', timeoutMs: 90_000 },
      );
      expect(ready.tls).toBe(true);

      // Back in time, and the administrator's password stays as it is now (pitfalls U2).
      const ca = `${own.folder.path}/instances/ca.pem`;
      expect(await call('PUT', `/instances/${own.set}/reset-password`, { user_pwd: 'Third-Word_3' })).toEqual({});
      {
        await using before = await connectAs(own.set, 'Third-Word_3', { ca });
        await before.db('shop').collection('goods').deleteMany({});
      }
      const recovery = { source: { instance_id: own.set, backup_id: backup.backup_id }, target: { instance_id: own.set } };
      await completed(await call('POST', '/instances/recovery', recovery));
      {
        await using after = await connectAs(own.set, 'Third-Word_3', { ca });
        expect(await after.db('shop').collection('goods').countDocuments()).toBe(2);
      }

      expect((await own.larder.send('DELETE', p(`/instances/${own.single}`))).status).toBe(202);
      expect(
        await status('PUT', '/instances/recycle-policy', { recycle_policy: { enabled: true, retention_period_in_days: 3 } }),
      ).toMatchObject({
        status: 200,
      });
      const kept = { enabled: true, retention_period_in_days: 3 };
      expect(await call('GET', '/instances/recycle-policy')).toEqual({ recycle_policy: kept, ...kept });
      expect(await status('PUT', '/instances/recycle-policy', { recycle_policy: { enabled: false } })).toMatchObject({
        status: 400,
      });
      const deletion = await call('DELETE', `/instances/${own.set}`);
      expect((await listed(own.set))?.actions ?? []).toEqual([]);
      await completed(deletion);
      expect(await listed(own.set)).toBeUndefined();
      const { instances: bin } = await call<{ instances: Record<string, string>[] }>('GET', '/recycle-instances');
      expect(bin).toMatchObject([{ id: own.set, name: 'renamed', backup_id: backup.backup_id, status: 'Active' }]);
      const point = { restore_point: { type: 'backup', backup_id: backup.backup_id } };
      const again = await call<{ id: string; job_id: string }>('POST', '/instances', {
        ...order,
        name: 'again',
        flavor: [{ ...order.flavor[0], size: '30' }],
        ...point,
      });
      expect(await completed(again)).toMatchObject({ name: 'RestoreMongoDB_Replica' });
      await using client = await connectAs(again.id, password);
      expect(await client.db('shop').collection('goods').countDocuments()).toBe(2);
      expect(await parametersOf(client)).toMatchObject({ slow: 300, connections: 300 });
      expect((await call<{ backups: { name: string }[] }>('GET', `/backups?instance_id=${own.set}`)).backups).toMatchObject([
        { name: 'before-restart' },
      ]);
    },
  );
});
