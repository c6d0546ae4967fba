import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { neededAction } from '../../src/api/actions.ts';
import { expectedSignature } from '../../src/api/signing/verify-signature.ts';
import { registeredRoutes, type RegisteredRoute } from '../api/registered-routes.ts';
import { openApiWorld, type ApiWorld, type As } from '../fixtures/api-world.ts';

/** Whatever the address names, an id of its kind that is nobody's. */
const unknown = {
  instance_id: `${'0'.repeat(32)}in02`,
  backup_id: `${'0'.repeat(32)}br02`,
  node_id: `${'0'.repeat(32)}no02`,
  job_id: '00000000-0000-4000-8000-000000000000',
  config_id: `${'0'.repeat(32)}pr02`,
};
const uuid = '00000000-0000-4000-8000-000000000000';
const order = {
  name: 'copied',
  availability_zone: 'eu-de-01',
  vpc_id: uuid,
  subnet_id: uuid,
  security_group_id: uuid,
  flavor: [{ type: 'replica', num: 1, size: 10, spec_code: 'dds.mongodb.s2.medium.4.repset' }],
};
type Ids = Readonly<Record<keyof typeof unknown, string>>;

describe('who may do what', () => {
  let api: ApiWorld;
  let routes: readonly RegisteredRoute[];
  let reader: As;
  let operator: As;
  let instanceId: string;

  beforeAll(async () => {
    api = await openApiWorld();
    routes = await registeredRoutes();
    await api.world.start();
    reader = await api.newUser('reader', api.projectId, 'reader');
    operator = await api.newUser('operator', api.projectId, 'operator');
    const adopted = await api.admin('POST', `/larder/v1/${api.projectId}/instances/adopt`, {
      name: 'orders',
      uri: 'mongodb://a.example',
    });
    instanceId = (adopted.body as { id: string }).id;
  });
  afterAll(() => api[Symbol.asyncDispose]());

  const at = (url: string, ids: Ids, project = api.projectId): string =>
    url.replaceAll(/:(\w+)/g, (_, name: string) => (name === 'project_id' ? project : (ids[name as keyof Ids] ?? 'some-id')));

  const refusal = (action: string) => ({
    status: 403,
    body: {
      error_code: 'DBS.280063',
      error_msg: `You do not have following permission to perform this operation: ${action}. Contact the administrator to obtain permission.`,
    },
  });

  it('an operator takes backups and may not delete them; a reader only looks; the refusal names the action', async () => {
    const create = (who: As, name: string) =>
      who('POST', `/v3/${api.projectId}/backups`, { backup: { instance_id: instanceId, name } });
    expect(await create(reader, 'by-reader')).toMatchObject(refusal('dds:instance:createManualBackup'));
    const made = await create(operator, 'by-operator');
    expect(made.status).toBe(200);
    const { backup_id: backupId, job_id: jobId } = made.body as { backup_id: string; job_id: string };
    const caller = { projectId: api.projectId, userId: operator.userId, userName: 'operator' };
    await api.world.ended(caller, jobId);
    expect((await reader('GET', `/v3/${api.projectId}/backups`)).body).toMatchObject({ total_count: 1 });
    expect((await reader('GET', `/v3/${api.projectId}/jobs?id=${jobId}`)).status).toBe(200);
    const url = `/v3/${api.projectId}/backups/${backupId}`;
    expect(await operator('DELETE', url)).toMatchObject(refusal('dds:backup:delete'));
    expect(await reader('DELETE', url)).toMatchObject(refusal('dds:backup:delete'));
    const gone = await api.admin('DELETE', url);
    expect(gone.status).toBe(200);
    await api.world.ended(caller, (gone.body as { job_id: string }).job_id);
  });

  it('every route that needs an action refuses whoever has a role that permits nothing', async () => {
    const { id } = await api.directory.createRole({
      name: 'nothing',
      policy: { Version: '1.1', Statement: [{ Effect: 'Deny', Action: ['*'] }] },
    });
    const nobody = await api.newUser('nobody', api.projectId, 'nothing');
    let refused = 0;
    for (const { method, url, access } of routes) {
      const needed = neededAction(method, url);
      if (access === 'open' || needed === null) continue;
      const answer = await nobody(method, at(url, unknown), method === 'GET' ? undefined : {});
      const action = typeof needed !== 'object' ? needed : 'own' in needed ? needed.own : needed.create;
      expect(answer.status, `${method} ${url}`).toBe(403);
      expect(JSON.stringify(answer.body), `${method} ${url}`).toContain(`: ${action}.`);
      refused++;
    }
    expect(refused).toBeGreaterThan(60);
    await api.directory.deleteRole(id);
    expect((await nobody('GET', `/v3/${api.projectId}/flavors`)).status).toBe(403);
  });

  it('a custom policy counts from the next request on, and newer names of an action are taken', async () => {
    const statement = (...Action: string[]) => ({ Version: '1.1', Statement: [{ Effect: 'Allow', Action }] });
    const role = await api.directory.createRole({ name: 'auditor', policy: statement('dds:backup:list') });
    const auditor = await api.newUser('auditor', api.projectId, 'auditor');
    const list = () => auditor('GET', `/v3/${api.projectId}/instances`);
    const create = () => auditor('POST', `/v3/${api.projectId}/backups`, { backup: {} });
    expect((await auditor('GET', `/v3/${api.projectId}/backups`)).status).toBe(200);
    expect((await list()).status).toBe(403);
    await api.directory.updateRole(role.id, { policy: statement('dds:backup:create', 'dds:instance:list') });
    expect((await list()).status).toBe(200);
    expect(await create()).toMatchObject({ status: 400, body: { error_code: 'DBS.280001' } });
  });

  it('an instance may be made from a backup by whoever may do that, or create instances; an empty one only by the latter', async () => {
    const statement = (...Action: string[]) => ({ Version: '1.1', Statement: [{ Effect: 'Allow', Action }] });
    const role = await api.directory.createRole({ name: 'restorer', policy: statement('dds:backup:createInstanceFromBackup') });
    const restorer = await api.newUser('restorer', api.projectId, 'restorer');
    const create = (body: object) => restorer('POST', `/v3/${api.projectId}/instances`, body);
    const point = { restore_point: { type: 'backup', backup_id: `${'0'.repeat(32)}br02` } };
    const permitted = { status: 400, body: { error_code: 'DBS.201214' } };
    expect(await create(point)).toMatchObject(permitted);
    for (const empty of [{}, { name: 'empty' }, { restore_point: null }]) {
      expect(await create(empty)).toMatchObject(refusal('dds:instance:create'));
    }
    await api.directory.updateRole(role.id, { policy: statement('dds:instance:create') });
    expect(await create(point)).toMatchObject(permitted);
    expect(await create({})).toMatchObject({ status: 400, body: { error_code: 'DBS.280234' } });
    await api.directory.updateRole(role.id, { policy: statement('dds:backup:list') });
    expect(await create(point)).toMatchObject(refusal('dds:instance:create'));
  });

  it('signed requests are permitted as those with a token are', async () => {
    const { access, secret } = (await reader('POST', `/larder/v1/${api.projectId}/access-keys`)).body as {
      access: string;
      secret: string;
    };
    const signed = async (method: string, url: string, project = api.projectId) => {
      const body = method === 'GET' ? '' : '{}';
      const target = url.replace('PROJECT', project);
      const date = api.world.deps.clock
        .now()
        .toISOString()
        .replaceAll(/[-:]|\.\d+/g, '');
      const headers = { host: 'larder.example', 'x-sdk-date': date };
      const authorization = {
        form: 'simple' as const,
        access,
        signedHeaders: ['host', 'x-sdk-date'],
        signature: '',
      };
      const hash = createHash('sha256').update(body).digest('hex');
      const signature = expectedSignature(authorization as never, { method, target, headers }, hash, date, secret);
      const value = `SDK-HMAC-SHA256 Access=${access}, SignedHeaders=host;x-sdk-date, Signature=${signature}`;
      return api.send(null, method, target, body === '' ? undefined : {}, { ...headers, authorization: value });
    };
    expect((await signed('GET', '/v3/PROJECT/backups')).status).toBe(200);
    expect(await signed('POST', '/v3/PROJECT/backups')).toMatchObject({ status: 403, body: { error_code: 'DBS.280063' } });
    await api.directory.updateUser('default', reader.userId, { enabled: false });
    expect(await signed('GET', '/v3/PROJECT/backups')).toMatchObject({ status: 401, body: { error_code: 'APIGW.0301' } });
    await api.directory.updateUser('default', reader.userId, { enabled: true });
    expect((await signed('GET', '/v3/PROJECT/backups')).status).toBe(200);
  });

  it('an administrator of one project manages neither users nor projects', async () => {
    const local = await api.newUser('local-admin', api.projectId, 'admin');
    expect((await local('DELETE', `/v3/${api.projectId}/backups/${unknown.backup_id}`)).status).toBe(400);
    for (const url of ['/v3/users', '/v3/roles', `/v3/users/${reader.userId}`, `/v3/users/${'0'.repeat(32)}`]) {
      expect(await local('GET', url), url).toMatchObject({ status: 403, body: { error: { code: 403 } } });
    }
    expect((await local('POST', '/v3/projects', { project: { name: 'mine' } })).status).toBe(403);
    expect((await local('GET', `/v3/users/${local.userId}`)).body).toMatchObject({ user: { name: 'local-admin' } });
    expect((await local('GET', '/v3/projects')).body).toMatchObject({ projects: [{ id: api.projectId }] });
  });

  describe('a project never learns what another has', () => {
    let ids: Ids;
    let otherProject: string;
    let stranger: As;
    let ownTemplate: string;
    const newTemplate = { datastore: { node_type: 'replica', version: '6.0' } };

    beforeAll(async () => {
      const made = await api.admin('POST', `/v3/${api.projectId}/backups`, {
        backup: { instance_id: instanceId, name: 'secret' },
      });
      const { backup_id, job_id } = made.body as { backup_id: string; job_id: string };
      await api.world.ended({ projectId: api.projectId, userId: '', userName: '' }, job_id);
      const instance = (await api.admin('GET', `/larder/v1/${api.projectId}/instances/${instanceId}`)).body as {
        nodes: { id: string }[];
      };
      const template = await api.admin('POST', `/v3/${api.projectId}/configurations`, {
        ...newTemplate,
        name: 'secret-template',
      });
      const { configuration } = template.body as { configuration: { id: string } };
      ids = { instance_id: instanceId, backup_id, job_id, node_id: instance.nodes[0]!.id, config_id: configuration.id };
      otherProject = (await api.directory.createProject('default', { name: 'other' })).id;
      stranger = await api.newUser('stranger', otherProject, 'admin');
      const own = await stranger('POST', `/v3/${otherProject}/configurations`, { ...newTemplate, name: 'own-template' });
      ownTemplate = (own.body as { configuration: { id: string } }).configuration.id;
    });

    /** Bodies and queries in which an id can stand. */
    const bodies = (of: Ids): Readonly<Record<string, unknown>> => ({
      'POST /v3/:project_id/backups': { backup: { instance_id: of.instance_id, name: 'secret' } },
      'POST /v3/:project_id/instances/recovery': {
        source: { instance_id: of.instance_id, type: 'backup', backup_id: of.backup_id },
        target: { instance_id: of.instance_id },
      },
      'POST /larder/v1/:project_id/restores': { backup_id: of.backup_id, target_instance_id: of.instance_id, overwrite: true },
      'PUT /v3/:project_id/instances/:instance_id/backups/policy': {
        backup_policy: { keep_days: 7, start_time: '22:00-23:00', period: '1' },
      },
      'POST /v3/:project_id/instances/:instance_id/restore/collections': {
        restore_collections: [{ database: 'shop', restore_database_time: '1' }],
      },
      'DELETE /v3/:project_id/instances/backups': { backup_ids: [of.backup_id] },
      'PUT /v3/:project_id/backups/:backup_id': { action: 'stop' },
      'POST /v3/:project_id/instances': {
        ...order,
        restore_point: { type: 'backup', instance_id: of.instance_id, backup_id: of.backup_id },
      },
      'POST /v3/:project_id/instances/:instance_id/restart': { target_id: of.instance_id },
      'POST /v3/:project_id/instances/:instance_id/switch-ssl': { ssl_option: '1' },
      'PUT /v3/:project_id/instances/:instance_id/modify-name': { new_instance_name: 'taken-over' },
      'POST /v3/:project_id/instances/:instance_id/modify-port': { port: 2200 },
      'POST /v3/:project_id/instances/:instance_id/enlarge-volume': { volume: { size: 100 } },
      'POST /v3/:project_id/instances/:instance_id/resize': {
        resize: { target_id: of.instance_id, target_spec_code: 'dds.mongodb.s2.large.4.repset' },
      },
      'POST /v3/:project_id/instances/:instance_id/modify-security-group': { security_group_id: uuid },
      'POST /v3/:project_id/nodes/:node_id/bind-eip': { public_ip: '192.0.2.7', public_ip_id: uuid },
      'POST /v3/:project_id/nodes/:node_id/session': { sessions: ['1'] },
      'POST /v3/:project_id/instances/:instance_id/client-network': { client_network_ranges: ['10.0.0.0/8'] },
      'PUT /v3/:project_id/instances/:instance_id/maintenance-window': { start_time: '10:00', end_time: '12:00' },
      'PUT /v3/:project_id/instances/:instance_id/reset-password': { user_pwd: 'Pass-Word_1' },
      'POST /v3/:project_id/instances/:instance_id/tags/action': { action: 'create', tags: [{ key: 'a', value: 'b' }] },
      'POST /v3/:project_id/instances/action': { action: 'filter', matches: [{ key: 'instance_id', value: of.instance_id }] },
      'POST /v3/:project_id/instances/logs/lts-configs': {
        lts_configs: [{ instance_id: of.instance_id, log_type: 'audit_log', lts_group_id: uuid, lts_stream_id: uuid }],
      },
      'DELETE /v3/:project_id/instances/logs/lts-configs': {
        lts_configs: [{ instance_id: of.instance_id, log_type: 'audit_log' }],
      },
      'POST /v3/:project_id/configurations': { name: 'copied', entity_id: of.instance_id },
      'POST /v3/:project_id/configurations/comparison': {
        source_configuration_id: ownTemplate,
        target_configuration_id: of.config_id,
      },
      'POST /v3/:project_id/configurations/:config_id/copy': { name: 'copied' },
      'PUT /v3/:project_id/configurations/:config_id': { parameter_values: { logLevel: 1 } },
      'PUT /v3/:project_id/configurations/:config_id/apply': { entity_ids: [of.instance_id] },
      'PUT /v3/:project_id/instances/:instance_id/configurations': {
        entity_id: of.instance_id,
        parameter_values: { logLevel: 1 },
      },
      'PATCH /larder/v1/:project_id/instances/:instance_id': { rate_mb_per_s: 1 },
      'POST /larder/v1/:project_id/backups': { instance_id: of.instance_id, name: 'secret' },
      'POST /larder/v1/:project_id/drills': { backup_id: of.backup_id },
      'PUT /larder/v1/:project_id/instances/:instance_id/drill-schedule': { every_days: 7 },
    });
    /** Addresses that need something besides the id. */
    const needed = (of: Ids): Readonly<Record<string, string>> => {
      const now = new Date(api.world.deps.clock.now()).toISOString();
      const period = `start_date=${encodeURIComponent(now)}&end_date=${encodeURIComponent(now)}`;
      return {
        'GET /v3/:project_id/instances/:instance_id/slowlog': period,
        'GET /v3/:project_id/instances/:instance_id/errorlog': period,
        'GET /v3/:project_id/instances/:instance_id/configurations': `entity_id=${of.instance_id}`,
        'GET /v3/:project_id/instances/:instance_id/configuration-histories': `entity_id=${of.instance_id}`,
        'GET /v3/:project_id/instances/:instance_id/restore-time': 'date=2026-11-23',
        'GET /v3/:project_id/instances/:instance_id/restore-database': 'restore_time=1',
        'GET /v3/:project_id/instances/:instance_id/restore-collection': 'db_name=a&restore_time=1',
        'GET /v3/:project_id/configurations/name-validation': 'name=secret-template',
      };
    };
    const queries = (of: Ids): Readonly<Record<string, readonly string[]>> => ({
      'GET /v3/:project_id/backups': [`instance_id=${of.instance_id}`, `backup_id=${of.backup_id}`, `marker=${of.backup_id}`],
      'GET /v3/:project_id/instances': [`id=${of.instance_id}`, `marker=${of.instance_id}`, 'name=orders', 'name=*r'],
      'GET /v3/:project_id/jobs': [`id=${of.job_id}`],
      'GET /larder/v1/:project_id/backups': [`instance_id=${of.instance_id}`, `backup_id=${of.backup_id}`],
      'GET /v3/:project_id/backups/download-file': [`instance_id=${of.instance_id}&backup_id=${of.backup_id}`],
    });

    it('another project gets for a real id what it gets for one that is nobody’s, on every route', async () => {
      let compared = 0;
      for (const { method, url, access } of routes) {
        if (access !== 'project') continue;
        const ask = async (of: Ids) => {
          const body = method === 'GET' ? undefined : (bodies(of)[`${method} ${url}`] ?? {});
          const answers = [];
          const first = needed(of)[`${method} ${url}`];
          for (const query of [
            first === undefined ? '' : `?${first}`,
            ...(queries(of)[`${method} ${url}`] ?? []).map((text) => `?${text}`),
          ]) {
            const answer = await stranger(method, at(url, of, otherProject) + query, body);
            let text = JSON.stringify([answer.status, answer.body]);
            for (const id of Object.values(of)) text = text.replaceAll(id, 'ID');
            answers.push(text.replaceAll(/"request_id":"\w+"/g, ''));
          }
          return answers;
        };
        // What makes something new is never the same twice, and the audit log tells what was just done.
        if (/access-keys$|\/adopt$|\/audit$/.test(url)) continue;
        const answers = await ask(ids);
        expect(answers, `${method} ${url}`).toEqual(await ask(unknown));
        // Else the id was never looked at.
        const asked = /:(instance|backup|job|node|config)_id/.test(url) || bodies(ids)[`${method} ${url}`] !== undefined;
        if (asked) expect(answers[0], `${method} ${url}`).not.toContain('DBS.280001');
        compared++;
      }
      expect(compared).toBeGreaterThan(60);
      expect((await api.admin('GET', `/v3/${api.projectId}/backups`)).body).toMatchObject({ total_count: 1 });
    });

    it('a token of one project opens no address of the other, whoever has it', async () => {
      for (const { method, url, access } of routes) {
        if (access !== 'project') continue;
        const answer = await stranger(method, at(url, ids), method === 'GET' ? undefined : {});
        expect(answer, `${method} ${url}`).toMatchObject({ status: 403, body: { error_code: 'DBS.280032' } });
      }
    });

    it('nobody but who manages projects sees that the other project is there', async () => {
      expect((await stranger('GET', '/v3/projects')).body).toMatchObject({ projects: [{ id: otherProject }] });
      expect((await stranger('GET', `/v3/projects/${api.projectId}`)).status).toBe(404);
      expect((await stranger('GET', `/v3/projects/${'0'.repeat(32)}`)).status).toBe(404);
      const both = (await api.admin('GET', '/v3/projects')).body as { projects: unknown[] };
      expect(both.projects).toHaveLength(2);
    });
  });
});
