import '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { Compile } from 'typebox/compile';
import { expect } from 'vitest';
import { buildServer, type ServerOptions } from '../../src/api/build-server.ts';
import { createFakeStack, type FakeStack } from './fake-stack.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Parsed; null if there is none. */
  readonly body: unknown;
}

export interface Sent {
  readonly method?: string;
  readonly url: string;
  /** An object is sent as JSON, a text as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** undefined: a good token of the project; null: none. */
  readonly token?: string | null;
}

export interface CheckedApi extends FakeStack, AsyncDisposable {
  readonly server: FastifyInstance;
  /** Sends a request and checks what holds for every answer: X-Request-Id, JSON of the documented form, the OpenAPI description. */
  send(sent: Sent): Promise<Answer>;
}

interface Described {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<Record<string, { readonly responses: Readonly<Record<string, { content?: Record<string, { schema: object }> }>> }>>
    >
  >;
}

/** The same for every server; generating it takes longer than a test. */
let described: Described | undefined;

/** The API over use cases in memory. */
export async function startCheckedApi(options: Partial<ServerOptions> = {}): Promise<CheckedApi> {
  const stack = createFakeStack();
  const server = await buildServer({ ...stack, ...options });
  described ??= server.swagger() as unknown as Described;
  const description = described;
  return {
    ...stack,
    server,
    async send({ method = 'GET', url, body, headers = {}, token }) {
      const own = token === null ? {} : { 'x-auth-token': token ?? stack.token() };
      const json = body !== undefined && typeof body !== 'string';
      const response = await server.inject({
        method: method as 'GET',
        url,
        headers: { ...own, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        ...(body === undefined ? {} : { payload: json ? JSON.stringify(body) : (body as string) }),
      });
      const answer: Answer = {
        status: response.statusCode,
        headers: response.headers as Record<string, string | undefined>,
        body: response.body === '' ? null : JSON.parse(response.body),
      };
      expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/);
      expect(answer.headers['location']).toBeUndefined();
      if (answer.body !== null) expect(answer.headers['content-type']).toBe('application/json');
      checkForm(url, answer);
      checkDescribed(description, method, url, answer);
      return answer;
    },
    async [Symbol.asyncDispose]() {
      await server.close();
    },
  };
}

/** What stands where a project id could and is none. */
const identityWord = /^(auth|projects|domains)$/;

function checkForm(url: string, { status, body }: Answer): void {
  if (status < 400 || body === null) return;
  if (/^\/(v3\/?)?(\?|$)|^\/v3\/(auth|projects|domains|users|roles|credentials|OS-)/.test(url)) {
    expect(body).toEqual({ error: { code: status, message: expect.any(String), title: expect.any(String) } });
    return;
  }
  expect(body).toMatchObject({ error_code: expect.stringMatching(/^(DBS|APIGW)\.\d+$/), error_msg: expect.stringMatching(/.+/) });
  expect(body).not.toHaveProperty('error');
}

/** An answer of a described operation must be one that its description allows. */
function checkDescribed(described: Described, method: string, url: string, { status, body }: Answer): void {
  const path = url.split('?')[0] ?? '';
  const segments = (text: string) => text.replace(/\/$/, '').split('/');
  const template = Object.keys(described.paths).find((candidate) => {
    const wanted = segments(candidate);
    const got = segments(path);
    return (
      wanted.length === got.length &&
      wanted.every((part, at) => part === got[at] || (part.startsWith('{') && !identityWord.test(got[at] ?? '')))
    );
  });
  const operation = template === undefined ? undefined : described.paths[template]?.[method.toLowerCase()];
  if (operation === undefined) return;
  const response = operation.responses[status] ?? operation.responses[`${String(status)[0]}XX`];
  expect(response, `${method} ${template} may answer ${status}`).toBeDefined();
  const schema = response?.content?.['application/json']?.schema;
  if (schema === undefined || body === null) return;
  expect([...Compile(schema).Errors(body)]).toEqual([]);
}
