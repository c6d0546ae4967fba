import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { LarderError } from '../../src/core/errors.ts';
import { expectedSignature } from '../../src/api/signing/verify-signature.ts';
import { parseAuthorization } from '../../src/api/signing/parse-authorization.ts';
import { harmlessAddresses } from '../../src/api/harmless-again.ts';
import { startCheckedApi } from './checked-api.ts';
import { accessKey, instanceId, otherProjectId, projectId } from './fake-stack.ts';
import { registeredRoutes } from './registered-routes.ts';

const list = `/v3/${projectId}/backups`;

/** Headers of a request signed by the access key, in either form. */
function signed(
  form: 'simple' | 'scoped',
  request: { method?: string; url: string; body?: string; date?: string; secret?: string; access?: string },
) {
  const {
    method = 'GET',
    url,
    body = '',
    date = '20261123T093810Z',
    secret = accessKey.secret,
    access = accessKey.access,
  } = request;
  const headers = { host: '127.0.0.1:8440', 'x-sdk-date': date };
  const key = form === 'simple' ? `Access=${access}` : `Credential=${access}/${date.slice(0, 8)}///sdk_request`;
  const write = (signature: string) => `SDK-HMAC-SHA256 ${key}, SignedHeaders=host;x-sdk-date, Signature=${signature}`;
  const authorization = parseAuthorization(write('0'.repeat(64)));
  const hash = createHash('sha256').update(body).digest('hex');
  return {
    ...headers,
    authorization: write(expectedSignature(authorization, { method, target: url, headers }, hash, date, secret)),
  };
}

describe('a token', () => {
  it('opens its own project', async () => {
    await using api = await startCheckedApi();
    expect((await api.send({ url: list })).status).toBe(200);
    expect(api.calls).toMatchObject([{ name: 'listBackups', request: { caller: { projectId, userName: 'admin' } } }]);
  });

  it.each([
    ['missing', null],
    ['empty', ''],
    ['unknown', 'nonsense'],
  ])('that is %s is 401', async (_what, token) => {
    await using api = await startCheckedApi();
    const answer = await api.send({ url: list, token });
    expect(answer).toMatchObject({ status: 401, body: { error_code: 'DBS.280056' } });
    expect(api.calls).toEqual([]);
  });

  it('that has expired is 401', async () => {
    await using api = await startCheckedApi();
    const token = api.token();
    api.moveTo(new Date('2026-11-25T00:00:00Z'));
    expect(await api.send({ url: list, token })).toMatchObject({ status: 401, body: { error_code: 'DBS.280056' } });
  });

  it('of another project, of a domain or of nothing is 403', async () => {
    await using api = await startCheckedApi();
    for (const token of [
      api.token({ kind: 'project', project: { id: otherProjectId } }),
      api.token({ kind: 'domain', domain: { name: 'Default' } }),
      api.token({ kind: 'none' }),
    ]) {
      expect(await api.send({ url: list, token })).toMatchObject({ status: 403, body: { error_code: 'DBS.280032' } });
    }
    expect(api.calls).toEqual([]);
  });

  it.each(['nonsense', projectId.toUpperCase(), projectId.slice(1), `${projectId}0`, '%00', '{project_id}'])(
    'does not open the malformed project id %s: 400',
    async (id) => {
      await using api = await startCheckedApi();
      const answer = await api.send({ url: `/v3/${encodeURIComponent(decodeURIComponent(id))}/backups` });
      expect(answer).toMatchObject({ status: 400, body: { error_code: 'DBS.280408' } });
    },
  );

  it('is asked for before the body is looked at', async () => {
    await using api = await startCheckedApi();
    const answer = await api.send({ method: 'POST', url: list, token: null, body: '{ not JSON' });
    expect(answer.status).toBe(401);
  });
});

describe.each(['simple', 'scoped'] as const)('a signature of the %s form', (form) => {
  it('opens the projects of its owner', async () => {
    await using api = await startCheckedApi();
    const answer = await api.send({ url: list, token: null, headers: signed(form, { url: list }) });
    expect(answer.status).toBe(200);
    expect(api.calls).toMatchObject([{ request: { caller: { projectId, userName: 'admin' } } }]);
  });

  it('covers the raw bytes of the body, a line feed at its end included', async () => {
    await using api = await startCheckedApi();
    const body = `{"backup":{"instance_id":"${instanceId}",  "name":"go-backup"}}\n`;
    const headers = signed(form, { method: 'POST', url: list, body });
    expect(await api.send({ method: 'POST', url: list, token: null, body, headers })).toMatchObject({ status: 200 });
    const changed = await api.send({ method: 'POST', url: list, token: null, body: body.trimEnd(), headers });
    expect(changed).toMatchObject({ status: 401, body: { error_code: 'APIGW.0301' } });
    expect(api.calls).toHaveLength(1);
  });

  it('counts a blank written as + and as %20 as the same query', async () => {
    await using api = await startCheckedApi();
    const url = `${list}?begin_time=2018-08-06+10%3A41%3A14&end_time=2099-08-06%2010%3A41%3A14`;
    expect(await api.send({ url, token: null, headers: signed(form, { url }) })).toMatchObject({ status: 200 });
  });

  it.each([
    ['by another secret', { secret: 'wrong' }],
    ['by an unknown key', { access: 'AK9999' }],
    ['too long ago', { date: '20261123T092309Z' }],
    ['too far ahead', { date: '20261123T095311Z' }],
    ['for another address', { url: `/v3/${projectId}/instances` }],
  ])('made %s is 401 with the words of the gateway', async (_what, change) => {
    await using api = await startCheckedApi();
    const answer = await api.send({ url: list, token: null, headers: signed(form, { url: list, ...change }) });
    expect(answer).toMatchObject({ status: 401, body: { error_code: 'APIGW.0301', request_id: expect.any(String) } });
    expect(answer.body).toMatchObject({ error_msg: expect.stringMatching(/^Incorrect IAM authentication information: /) });
    expect(api.calls).toEqual([]);
  });

  it('says the same of an unknown key as of a wrong secret: which keys there are cannot be found out', async () => {
    await using api = await startCheckedApi();
    const refusals = [];
    for (const wrong of [{ secret: 'wrong' }, { access: 'AK9999' }, { access: 'AK9999', secret: '' }]) {
      const { status, body } = await api.send({ url: list, token: null, headers: signed(form, { url: list, ...wrong }) });
      refusals.push({ status, ...(body as object), request_id: 'of each its own' });
    }
    const refusal = {
      status: 401,
      error_code: 'APIGW.0301',
      error_msg: 'Incorrect IAM authentication information: verify aksk signature fail.',
      request_id: 'of each its own',
    };
    expect(refusals).toEqual([refusal, refusal, refusal]);
  });

  it('does not open a project that is not its owner’s, whatever X-Project-Id says', async () => {
    await using api = await startCheckedApi();
    const url = `/v3/${otherProjectId}/backups`;
    const headers = { ...signed(form, { url }), 'x-project-id': projectId };
    expect(await api.send({ url, token: null, headers })).toMatchObject({ status: 403, body: { error_code: 'DBS.280032' } });
  });

  it('serves the identity calls as well, in their error form', async () => {
    await using api = await startCheckedApi();
    const url = '/v3/projects?name=eu-de_default';
    const good = await api.send({ url, token: null, headers: signed(form, { url }) });
    expect(good).toMatchObject({ status: 200, body: { projects: [{ id: projectId }], links: { next: null } } });
    const bad = await api.send({ url, token: null, headers: signed(form, { url, secret: 'wrong' }) });
    expect(bad).toMatchObject({ status: 401, body: { error: { code: 401, title: 'Unauthorized' } } });
  });
});

it('an algorithm that is not served is 401', async () => {
  await using api = await startCheckedApi();
  for (const authorization of [
    'V11-HMAC-SHA256 Credential=A/1/eu-de/dds, SignedHeaders=host, Signature=00',
    'SDK-HMAC-SM3 Access=A',
    'Bearer x',
  ]) {
    const answer = await api.send({ url: list, token: null, headers: { authorization } });
    expect(answer.status).toBe(401);
  }
});

it('a failure of the identity service is not taken for a wrong token', async () => {
  await using api = await startCheckedApi();
  Object.assign(api.identity, { checkToken: () => Promise.reject(new LarderError('catalog-unavailable', 'Gone.')) });
  expect(await api.send({ url: list, token: 'any' })).toMatchObject({ status: 500, body: { error_code: 'DBS.280005' } });
});

describe('a signed request that is sent again', () => {
  const url = `/v3/${projectId}/backups`;
  const body = JSON.stringify({ backup: { instance_id: instanceId, name: 'only-once' } });

  it('is refused if it changes something, in either form, and accepted with a signature of its own', async () => {
    for (const form of ['simple', 'scoped'] as const) {
      await using api = await startCheckedApi();
      const sent = { method: 'POST', url, body, token: null, headers: signed(form, { method: 'POST', url, body }) };
      expect((await api.send(sent)).status).toBe(200);
      const again = await api.send(sent);
      expect(again).toMatchObject({ status: 401, body: { error_code: 'APIGW.0301' } });
      expect(String((again.body as { error_msg: string }).error_msg)).toContain('sent before');
      expect(api.calls.filter(({ name }) => name === 'createBackup')).toHaveLength(1);
      const later = signed(form, { method: 'POST', url, body, date: '20261123T093811Z' });
      expect(await api.send({ ...sent, headers: later })).toMatchObject({ body: { error_code: 'DBS.201201' } });
    }
  });

  it('is answered if it reads, as clients that page do, or deletes by an id that never comes back', async () => {
    await using api = await startCheckedApi();
    const headers = signed('scoped', { url });
    for (let n = 0; n < 2; n++) expect((await api.send({ url, token: null, headers })).status).toBe(200);
    const one = `${url}/none`;
    const sent = { method: 'DELETE', url: one, token: null, headers: signed('simple', { method: 'DELETE', url: one }) };
    for (let n = 0; n < 2; n++) expect(await api.send(sent)).toMatchObject({ body: { error_code: 'DBS.201214' } });
  });

  it.each([
    [`/v3/${projectId}/instances/action`, { action: 'count' }],
    [`/v3/${projectId}/configurations/comparison`, { source_configuration_id: 'a', target_configuration_id: 'b' }],
    [`/v3/${projectId}/instances/${instanceId}/slowlog-download`, {}],
    [`/v3/${projectId}/instances/${instanceId}/errorlog-download`, {}],
  ])('is answered if it only reads, whatever its method: POST %s', async (address, asked) => {
    await using api = await startCheckedApi();
    const text = JSON.stringify(asked);
    const headers = signed('simple', { method: 'POST', url: address, body: text });
    const [first, second] = [
      await api.send({ method: 'POST', url: address, body: text, token: null, headers }),
      await api.send({ method: 'POST', url: address, body: text, token: null, headers }),
    ];
    expect(first.status).not.toBe(401);
    expect(second).toMatchObject({ status: first.status, body: first.body });
  });

  it.each([
    [`/v3/projects/${projectId}/users/u1/roles/r1`, ''],
    [`/larder/v1/${projectId}/instances/${instanceId}/drill-schedule`, ''],
    [`/v3/${projectId}/instances/logs/lts-configs`, '{"lts_configs":[]}'],
  ])('is refused if it deletes what can be there again: %s', async (address, text) => {
    await using api = await startCheckedApi();
    const headers = signed('simple', { method: 'DELETE', url: address, body: text });
    const sent = { method: 'DELETE', url: address, token: null, headers, ...(text === '' ? {} : { body: text }) };
    expect((await api.send(sent)).status).not.toBe(401);
    const again = await api.send(sent);
    expect([again.status, JSON.stringify(again.body)]).toEqual([401, expect.stringContaining('sent before')]);
  });

  it('is known by addresses that exist', async () => {
    const routes = (await registeredRoutes()).map(({ method, url: address }) => `${method} ${address}`);
    expect(routes).toEqual(expect.arrayContaining([...harmlessAddresses]));
  });

  it('counts only once it is proved: a wrong signature uses nothing up', async () => {
    await using api = await startCheckedApi();
    const headers = signed('simple', { method: 'POST', url, body });
    const broken = { ...headers, authorization: headers.authorization.replace(/.$/, (last) => (last === '0' ? '1' : '0')) };
    expect((await api.send({ method: 'POST', url, body, token: null, headers: broken })).status).toBe(401);
    expect((await api.send({ method: 'POST', url, body, token: null, headers })).status).toBe(200);
  });
});
