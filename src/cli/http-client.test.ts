import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { freePort } from '../lib/free-port.ts';
import { CommandError } from './command-error.ts';
import { exitCodes } from './exit-codes.ts';
import { createHttpClient, type HttpClientOptions } from './http-client.ts';

type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void;

const open: { close(): void; closeAllConnections(): void }[] = [];
afterEach(() => {
  for (const server of open.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

/** A real server on a real port; `seen` grows by one for each request. */
async function serve(handler: Handler): Promise<{ endpoint: string; seen: string[] }> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    handler(request, response, seen.length);
  });
  open.push(server);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function client(endpoint: string, more: Partial<HttpClientOptions> = {}) {
  return createHttpClient({ endpoint, signal: new AbortController().signal, firstPause: 1, ...more });
}

async function failure(work: Promise<unknown>): Promise<CommandError> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CommandError);
  return error as CommandError;
}

describe('the HTTP client', () => {
  test('sends JSON with its type and gives the parsed answer', async () => {
    const { endpoint } = await serve((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () =>
        answer(response, 201, { got: Buffer.concat(chunks).toString(), type: request.headers['content-type'] }),
      );
    });
    const { status, json } = await client(endpoint)({ method: 'POST', path: '/x', body: { a: 1 } });
    expect(status).toBe(201);
    expect(json).toEqual({ got: '{"a":1}', type: 'application/json' });
  });

  test('an empty 204 is null', async () => {
    const { endpoint } = await serve((_, response) => void response.writeHead(204).end());
    expect((await client(endpoint)({ method: 'DELETE', path: '/x' })).json).toBeNull();
  });

  test('a GET is tried again after 503, four times in all', async () => {
    const { endpoint, seen } = await serve((_, response, count) => answer(response, count < 4 ? 503 : 200, { count }));
    expect((await client(endpoint)({ method: 'GET', path: '/x' })).json).toEqual({ count: 4 });
    expect(seen).toHaveLength(4);
  });

  test('a server that stays busy is given up', async () => {
    const body = { error_code: 'DBS.280005', error_msg: 'Server error. Try again later.' };
    const { endpoint, seen } = await serve((_, response) => answer(response, 503, body));
    const error = await failure(client(endpoint)({ method: 'GET', path: '/x' }));
    expect(error).toMatchObject({ code: 'DBS.280005', exitCode: exitCodes.unreachable });
    expect(seen).toHaveLength(4);
  });

  test('a GET survives a connection that is cut', async () => {
    const { endpoint } = await serve((request, response, count) =>
      count === 1 ? request.socket.destroy() : answer(response, 200, { ok: true }),
    );
    expect((await client(endpoint)({ method: 'GET', path: '/x' })).json).toEqual({ ok: true });
  });

  test.each(['POST', 'DELETE'] as const)('%s is never sent twice: nobody knows whether the first took effect', async (method) => {
    const { endpoint, seen } = await serve((request) => request.socket.destroy());
    expect(await failure(client(endpoint)({ method, path: '/x' }))).toMatchObject({ code: 'server-unreachable' });
    expect(seen).toHaveLength(1);
  });

  test('a server that says nothing is given up after the time-out', async () => {
    const { endpoint, seen } = await serve(() => undefined);
    const error = await failure(client(endpoint, { timeout: 1_000 })({ method: 'GET', path: '/x' }));
    expect(error).toMatchObject({ code: 'server-timeout', exitCode: exitCodes.unreachable });
    expect(seen).toHaveLength(1);
  });

  test('a server that begins to answer and stops is given up too', async () => {
    const { endpoint } = await serve((_, response) => void response.writeHead(200).write('{"a":'));
    expect(await failure(client(endpoint, { timeout: 50 })({ method: 'GET', path: '/x' }))).toMatchObject({
      code: 'server-timeout',
    });
  });

  test('no server: the message says how to start one', async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`;
    const error = await failure(client(endpoint)({ method: 'GET', path: '/x' }));
    expect(error).toMatchObject({ code: 'server-unreachable', exitCode: exitCodes.unreachable });
    expect(error.message).toContain('npm start');
    expect(error.message).toContain(endpoint);
  });

  test('an abort ends a request that is under way', async () => {
    const interruption = new AbortController();
    const { endpoint } = await serve(() => interruption.abort());
    const error = await failure(client(endpoint, { signal: interruption.signal })({ method: 'GET', path: '/x' }));
    expect(error).toMatchObject({ code: 'cancelled', exitCode: exitCodes.interrupted });
  });

  test.each([
    [400, 'DBS.280277', exitCodes.usage],
    [400, 'DBS.201201', exitCodes.conflict],
    [400, 'DBS.201214', exitCodes.notFound],
    [400, 'DBS.200543', exitCodes.notFound],
    [404, 'DBS.200002', exitCodes.notFound],
    [403, 'DBS.201014', exitCodes.conflict],
    [403, 'DBS.200018', exitCodes.unreachable],
    [403, 'DBS.280032', exitCodes.unauthorised],
    [401, 'DBS.280056', exitCodes.unauthorised],
    [413, 'DBS.200001', exitCodes.usage],
    [500, 'DBS.280005', exitCodes.failed],
  ])('a refusal %d %s ends with %d', async (status, code, exitCode) => {
    const { endpoint } = await serve((_, response) => answer(response, status, { error_code: code, error_msg: 'Why.' }));
    expect(await failure(client(endpoint)({ method: 'POST', path: '/x' }))).toMatchObject({ code, exitCode, message: 'Why.' });
  });

  test('a refusal of the identity service has its own form', async () => {
    const body = { error: { code: 401, message: 'The username or password is wrong.', title: 'Unauthorized' } };
    const { endpoint } = await serve((_, response) => answer(response, 401, body));
    const error = await failure(client(endpoint)({ method: 'POST', path: '/v3/auth/tokens' }));
    expect(error).toMatchObject({
      code: 'unauthenticated',
      exitCode: exitCodes.unauthorised,
      message: 'The username or password is wrong.',
    });
  });

  test.each([
    ['a page of something else', 200, '<html>hello</html>'],
    ['an error page of something else', 404, '<html>nothing here</html>'],
    ['a redirect, which could carry the token away', 302, '{}'],
  ])('%s is not Larder', async (_, status, body) => {
    const { endpoint } = await serve(
      (__, response) => void response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end(body),
    );
    expect(await failure(client(endpoint)({ method: 'GET', path: '/x' }))).toMatchObject({ code: 'not-larder' });
  });
});
