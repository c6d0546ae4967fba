import { expect, it } from 'vitest';
import { startCheckedApi, type CheckedApi } from './checked-api.ts';
import { accessKey, instanceId, projectId } from './fake-stack.ts';

const dds = `/v3/${projectId}/backups/download-file`;
const own = `/larder/v1/${projectId}`;

async function newBackup(api: CheckedApi): Promise<string> {
  const backup = { instance_id: instanceId, name: 'before-upgrade' };
  const { body } = await api.send({ method: 'POST', url: `/v3/${projectId}/backups`, body: { backup } });
  return (body as { backup_id: string }).backup_id;
}

it('A9: a download link leads to one file, through the host that the client used, and says when it expires', async () => {
  await using api = await startCheckedApi();
  const id = await newBackup(api);
  const url = `${dds}?instance_id=${instanceId}&backup_id=${id}`;
  const { status, body } = await api.send({ url, headers: { host: 'larder.example:8443' } });
  expect(status).toBe(200);
  expect(body).toEqual({
    files: [
      {
        name: `${id}.archive.gz`,
        size: 2,
        download_link: `http://larder.example:8443${own}/downloads/${id}.archive.gz?token=good%2B%2F%26`,
        link_expired_time: '2026-11-23T09:53:10+0000',
      },
    ],
    bucket: 'larder',
  });
});

it.each([
  ['', 'DBS.280001'],
  ['?backup_id=b', 'DBS.280001'],
  ['?instance_id=in+02&backup_id=b', 'DBS.280404'],
  [`?instance_id=${instanceId}`, 'DBS.280001'],
  [`?instance_id=${instanceId}&backup_id=b`, 'DBS.201214'],
])('a download link is refused: %s', async (query, code) => {
  await using api = await startCheckedApi();
  await newBackup(api);
  expect(await api.send({ url: dds + query })).toMatchObject({ status: 400, body: { error_code: code } });
});

it('A9: a link is followed without a token, its head without its body, and an altered one is refused', async () => {
  await using api = await startCheckedApi();
  const id = await newBackup(api);
  const url = `${own}/downloads/${id}.archive.gz`;
  const got = await api.server.inject({ url: `${url}?token=good%2B%2F%26` });
  expect([got.statusCode, got.body]).toEqual([200, 'archive']);
  expect(got.headers).toMatchObject({
    'content-type': 'application/gzip',
    'content-disposition': `attachment; filename="${id}.archive.gz"`,
    'accept-ranges': 'none',
  });
  const ranged = await api.server.inject({ url: `${url}?token=good%2B%2F%26`, headers: { range: 'bytes=2-' } });
  expect([ranged.statusCode, ranged.body]).toEqual([200, 'archive']);
  const head = await api.server.inject({ method: 'HEAD', url: `${url}?token=good%2B%2F%26` });
  expect([head.statusCode, head.body, head.headers['content-type']]).toEqual([200, '', 'application/gzip']);
  for (const query of ['', '?token=', '?token=bad', '?token=good%2B%2F%26&token=bad']) {
    const refused = await api.send({ url: url + query, token: null });
    expect([400, 403]).toContain(refused.status);
    expect(refused.body).toMatchObject({ error_code: expect.stringMatching(/^DBS\./) });
  }
  expect(await api.server.inject({ method: 'HEAD', url: `${url}?token=bad` })).toMatchObject({ statusCode: 403 });
  expect(await api.send({ url: `${own}/downloads/${id}.zip?token=good%2B%2F%26`, token: null })).toMatchObject({ status: 404 });
});

it('an export may be of some collections, and not compressed', async () => {
  await using api = await startCheckedApi();
  const id = await newBackup(api);
  const headers = { 'x-auth-token': api.token() };
  const url = `${own}/backups/${id}/archive`;
  const whole = await api.server.inject({ url, headers });
  expect([whole.statusCode, whole.headers['content-type'], whole.body]).toEqual([200, 'application/gzip', 'archive']);
  const part = await api.server.inject({ url: `${url}?gzip=false&ns=shop.a&ns=shop.b%20c`, headers });
  expect([part.statusCode, part.headers['content-type']]).toEqual([200, 'application/octet-stream']);
  const { body } = await api.send({ url: '/larder/v1/openapi.json', token: null });
  expect(body).toHaveProperty(
    ['paths', '/larder/v1/{project_id}/backups/{backup_id}/archive', 'get', 'responses', '200', 'content'],
    { 'application/gzip': expect.anything(), 'application/octet-stream': expect.anything() },
  );
  expect(api.calls.filter(({ name }) => name === 'exportBackup').map(({ request }) => request)).toMatchObject([
    { backupId: id, namespaces: [], gzip: true },
    { backupId: id, namespaces: ['shop.a', 'shop.b c'], gzip: false },
  ]);
  expect(await api.send({ url: `${url}?gzip=maybe` })).toMatchObject({ status: 400, body: { error_code: 'DBS.280001' } });
  expect(await api.send({ url: `${own}/backups/unknown/archive` })).toMatchObject({ body: { error_code: 'DBS.201214' } });
});

it('an import takes bytes of any length, and only from whoever has a token', async () => {
  await using api = await startCheckedApi({ bodyLimit: 1000 });
  const url = `${own}/backups/import?name=moved-here&description=from%20a%20dump`;
  const send = (payload: Buffer, headers: Record<string, string> = {}) =>
    api.server.inject({
      method: 'POST',
      url,
      payload,
      headers: { 'x-auth-token': api.token(), 'content-type': 'application/octet-stream', ...headers },
    });
  const made = await send(Buffer.alloc(100_000));
  expect([made.statusCode, made.json()]).toEqual([
    201,
    {
      backup_id: `${'1'.repeat(32)}br02`,
      collections: 1,
      documents: 2,
      bytes: 100_000,
      server_version: '6.0.5',
      notes: ['imported'],
    },
  ]);
  expect(api.calls.at(-1)?.request).toMatchObject({ name: 'moved-here', description: 'from a dump', bytes: 100_000 });
  expect(await send(Buffer.alloc(10), { 'content-type': 'application/json' })).toMatchObject({ statusCode: 415 });
  expect(await send(Buffer.alloc(10), { 'x-auth-token': 'no' })).toMatchObject({ statusCode: 401 });
  const signed = {
    'x-auth-token': '',
    'x-sdk-date': '20261123T093810Z',
    authorization: `SDK-HMAC-SHA256 Access=${accessKey.access}, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
  };
  expect(await send(Buffer.alloc(10), signed)).toMatchObject({ statusCode: 401 });
  expect(await api.send({ method: 'POST', url: `${own}/backups/import?name=1` })).toMatchObject({
    body: { error_code: 'DBS.280277' },
  });
  expect(await api.send({ url: `${own}/backups/import` })).toMatchObject({ status: 405 });
});
