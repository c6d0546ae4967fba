import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { until } from '../fixtures/until.ts';
import { startCheckedApi } from './checked-api.ts';
import { password, projectId } from './fake-stack.ts';

const list = `/v3/${projectId}/backups`;

/** Sends bytes as they are and gives all that comes back until the server closes the connection. */
async function exchange(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('utf8').on('data', (part: string) => (answer += part));
  // The server may close while bytes are still on their way to it; what it answered counts.
  socket.on('error', () => {});
  socket.write(text);
  await once(socket, 'close');
  return answer;
}

async function listening(options: Parameters<typeof startCheckedApi>[0] = {}) {
  const api = await startCheckedApi(options);
  await api.server.listen({ host: '127.0.0.1', port: 0 });
  return { ...api, port: (api.server.server.address() as AddressInfo).port };
}

function parsed(answer: string): { status: number; requestId: string; body: Record<string, unknown> } {
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  return {
    status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]),
    requestId: /^x-request-id: (\w+)$/im.exec(head)?.[1] ?? '',
    body: JSON.parse(body),
  };
}

const error = { error_code: expect.stringMatching(/^(DBS|APIGW)\./), error_msg: expect.any(String) };

describe('what never becomes a request', () => {
  it.each([
    ['no HTTP', 'nonsense\r\n\r\n', 400],
    ['an unknown method', 'FETCH / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 400],
    ['a header that is too large', `GET / HTTP/1.1\r\nHost: a\r\nX-Long: ${'x'.repeat(40_000)}\r\n\r\n`, 431],
    ['two lengths', `POST ${list} HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab`, 400],
    ['a length that is no number', `POST ${list} HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n`, 400],
    ['a tunnel', 'CONNECT example.org:443 HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ])('%s gets the documented body', async (_what, text, status) => {
    await using api = await listening();
    const answer = parsed(await exchange(api.port, text));
    expect(answer).toEqual({ status, requestId: expect.stringMatching(/^[0-9a-f]{32}$/), body: error });
  });

  it('a client that is too slow is cut, with an answer', async () => {
    await using api = await listening({ headersTimeout: 200, requestTimeout: 400 });
    const slowHeaders = parsed(await exchange(api.port, 'GET / HTTP/1.1\r\nHost: a\r\n'));
    expect(slowHeaders).toMatchObject({ status: 408, body: error });
    const token = api.token();
    const half = `POST ${list} HTTP/1.1\r\nHost: a\r\nX-Auth-Token: ${token}\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{`;
    expect(parsed(await exchange(api.port, half))).toMatchObject({ status: 408, body: error });
    expect(api.calls).toEqual([]);
  });
});

describe('odd but valid requests', () => {
  it.each([
    ['no Host', `GET ${list} HTTP/1.0\r\n\r\n`, 401],
    ['an expectation that nobody knows', `GET ${list} HTTP/1.1\r\nHost: a\r\nExpect: magic\r\nConnection: close\r\n\r\n`, 401],
    ['an upgrade', `GET ${list} HTTP/1.1\r\nHost: a\r\nConnection: close, Upgrade\r\nUpgrade: websocket\r\n\r\n`, 401],
    ['a method that is not served', `PROPFIND ${list} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`, 404],
    ['a malformed encoding', 'GET /v3/%zz/backups HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 400],
  ])('with %s', async (_what, text, status) => {
    await using api = await listening();
    const answer = parsed(await exchange(api.port, text));
    expect(answer).toMatchObject({ status, requestId: expect.stringMatching(/^[0-9a-f]{32}$/), body: error });
  });

  it('a gigabyte is refused by its announced length, before it is sent', async () => {
    await using api = await listening();
    const head = `POST ${list} HTTP/1.1\r\nHost: a\r\nX-Auth-Token: ${api.token()}\r\nContent-Type: application/json\r\n`;
    const answer = parsed(await exchange(api.port, `${head}Content-Length: 1073741824\r\n\r\n{"backup":`));
    expect(answer).toMatchObject({ status: 413, body: { error_code: 'DBS.200001' } });
    const chunk = `${(65_536).toString(16)}\r\n${'x'.repeat(65_536)}\r\n`;
    const chunked = parsed(
      await exchange(api.port, `${head}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n${chunk.repeat(17)}`),
    );
    expect(chunked).toMatchObject({ status: 413, body: { error_code: 'DBS.200001' } });
    expect(api.calls).toEqual([]);
  });

  it('a wrong method says which are right, and OPTIONS too', async () => {
    await using api = await startCheckedApi();
    const wrong = await api.send({ method: 'PUT', url: list });
    expect(wrong).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD, OPTIONS, POST' },
      body: { error_code: 'DBS.200001' },
    });
    expect(await api.send({ method: 'OPTIONS', url: list, token: null })).toMatchObject({
      status: 204,
      headers: { allow: 'GET, HEAD, OPTIONS, POST' },
      body: null,
    });
    expect(await api.send({ method: 'HEAD', url: list })).toMatchObject({ status: 200, body: null });
    expect(await api.send({ method: 'HEAD', url: list, token: null })).toMatchObject({ status: 401, body: null });
  });

  it.each(['/nonsense', '/v3/nonsense', '/v4', `/v3/${projectId}`, `/v3/${projectId}/nonsense`, '/v3//backups', '/favicon.ico'])(
    'an address that does not exist is 404: %s',
    async (url) => {
      await using api = await startCheckedApi();
      const answer = await api.send({ url });
      expect(answer.status).toBe(url === '/v3//backups' ? 400 : 404);
      if (answer.status === 404)
        expect(answer.body).toMatchObject({ error_code: 'APIGW.0101', request_id: answer.headers['x-request-id'] });
    },
  );
});

it('a server that is closing finishes what runs and refuses the next with 503', async () => {
  const api = await listening();
  const { promise: entered, resolve: enter } = Promise.withResolvers<void>();
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  Object.assign(api.useCases, {
    listBackups: async () => {
      enter();
      await gate;
      return { rows: [], total: 0 };
    },
  });
  const get = `GET ${list} HTTP/1.1\r\nHost: a\r\nX-Auth-Token: ${api.token()}\r\n\r\n`;
  const socket = connect(api.port, '127.0.0.1');
  let text = '';
  socket.setEncoding('utf8').on('data', (part: string) => (text += part));
  socket.write(get);
  await entered;
  const closed = api.server.close();
  await until(() => !api.server.server.listening, { what: 'the server to stop listening' });
  socket.write(get);
  open();
  await once(socket, 'close');
  await closed;
  expect(text).toContain('"total_count":0');
  expect(text.match(/HTTP\/1\.1 (\d+)/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 503']);
  expect(text).toContain('"error_code":"DBS.280005"');
});

it('logs one line per request, and no secret', async () => {
  const lines: string[] = [];
  const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
  await using api = await startCheckedApi({ log });
  const token = api.token();
  await api.send({ url: `${list}?limit=5`, token });
  await api.send({ url: list, token: null, headers: { authorization: 'SDK-HMAC-SHA256 Access=AK0001, Signature=abc' } });
  const user = { name: 'admin', password };
  await api.send({
    method: 'POST',
    url: '/v3/auth/tokens',
    token: null,
    body: { auth: { identity: { methods: ['password'], password: { user } } } },
  });
  api.failNext('adoptInstance', new Error('boom'));
  const adopt = { name: 'shop-set', uri: 'mongodb://user:hidden-word@host/' };
  await api.send({ method: 'POST', url: `/larder/v1/${projectId}/instances/adopt`, token, body: adopt });
  api.server.log.info({ headers: { 'x-auth-token': token, authorization: password }, password, uri: adopt.uri }, 'by mistake');
  const text = lines.join('');
  for (const secret of [token, password, 'hidden-word', 'Signature=abc']) expect(text).not.toContain(secret);
  expect(text).toContain('boom');
  const requests = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'request');
  expect(requests).toHaveLength(4);
  expect(requests[0]).toMatchObject({ method: 'GET', route: '/v3/:project_id/backups', status: 200, project: projectId });
});
