import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { html } from '../../src/api/docs-page/html.ts';
import { unsupportedCalls } from '../../src/api/dds-v3/unsupported-operations.ts';
import { readInstanceOrder } from '../../src/core/instance-order.ts';
import { startCheckedApi } from './checked-api.ts';
import { documentedErrors, transportErrors } from '../../src/api/errors.ts';
import { registeredRoutes } from './registered-routes.ts';

interface Description {
  readonly openapi: string;
  readonly info: { readonly version: string };
  readonly paths: Record<
    string,
    Record<
      string,
      {
        operationId: string;
        summary: string;
        security?: unknown[];
        requestBody?: { content: { 'application/json': { schema: { properties: Record<string, unknown> } } } };
        responses: Record<string, unknown>;
      }
    >
  >;
}

it('describes every operation that is served, and no other', async () => {
  await using api = await startCheckedApi();
  const { body } = await api.send({ url: '/larder/v1/openapi.json', token: null });
  const description = body as Description;
  expect(description).toMatchObject({ openapi: '3.1.0', info: { version: '0.1.0' } });
  const described = Object.entries(description.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const served = (await registeredRoutes()).map(({ method, url }) => `${method} ${url.replaceAll(/:(\w+)/g, '{$1}')}`);
  expect(described.sort()).toEqual([...served].sort());
});

it('gives each operation a name of its own, its answers and its errors', async () => {
  await using api = await startCheckedApi();
  const { paths } = (await api.send({ url: '/larder/v1/openapi.json', token: null })).body as Description;
  const operations = Object.values(paths).flatMap((path) => Object.values(path));
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
  const refused = new Set(unsupportedCalls.map(({ operationId }) => operationId));
  for (const { operationId, summary, responses } of operations) {
    expect(summary).toMatch(/^[A-Z]/);
    // What is never served has no answer but its refusal, and says so.
    const answer = refused.delete(operationId) ? /^400$/ : /^20[0-4]$/;
    expect(Object.keys(responses)).toEqual(expect.arrayContaining([expect.stringMatching(answer), '4XX', '5XX']));
    expect('400' in responses, operationId).toBe(summary.startsWith('Refused with DBS.280343'));
  }
  expect([...refused]).toEqual([]);
  const open = operations.filter(({ security }) => security?.length === 0).map(({ operationId }) => operationId);
  expect(open.sort()).toEqual([
    'createToken',
    'downloadArchive',
    'downloadLog',
    'listVersions',
    'showDocs',
    'showHealth',
    'showMetrics',
    'showOpenapi',
    'showVersion',
  ]);
});

it('describes every field of an order of an instance that is read', async () => {
  await using api = await startCheckedApi();
  const { paths } = (await api.send({ url: '/larder/v1/openapi.json', token: null })).body as Description;
  const described = Object.keys(
    paths['/v3/{project_id}/instances']?.['post']?.requestBody?.content['application/json'].schema.properties ?? {},
  );
  const uuid = '00000000-0000-4000-8000-000000000000';
  const order = {
    name: 'shop-set',
    datastore: { type: 'DDS-Community', version: '6.0' },
    region: 'eu-de',
    availability_zone: 'eu-de-01',
    vpc_id: uuid,
    subnet_id: uuid,
    security_group_id: uuid,
    mode: 'Single',
    flavor: [{ type: 'single', num: 1, size: 20, spec_code: 'dds.mongodb.s2.medium.4.single' }],
  };
  const read = new Set<string>(['restore_point']);
  const watched = new Proxy(order, {
    get(target, name) {
      read.add(String(name));
      return Reflect.get(target, name);
    },
  });
  readInstanceOrder(watched, { region: 'eu-de', versions: ['6.0'], source: null });
  expect(described.sort()).toEqual([...read].sort());
});

it('is a page for people, too: every operation and code, nothing from elsewhere and nothing that runs', async () => {
  await using api = await startCheckedApi();
  const { paths } = (await api.send({ url: '/larder/v1/openapi.json', token: null })).body as Description;
  const { statusCode, headers, body } = await api.server.inject({ url: '/larder/v1/docs' });
  expect([statusCode, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  const policy = String(headers['content-security-policy']);
  expect(policy).toMatch(
    /^default-src 'none'; style-src 'sha256-[\w+/=]{44}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
  );
  const style = /<style>([^]*?)<\/style>/.exec(body)?.[1] ?? '';
  expect(policy).toContain(createHash('sha256').update(style).digest('base64'));
  expect(body).not.toMatch(/<script|<link|<img|<iframe|\son\w+=|\sstyle=|https?:\/\//i);
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, { operationId, summary }] of Object.entries(operations)) {
      const shown = `<details id="${operationId}">`;
      expect(body, shown).toContain(shown);
      expect(body).toContain(`<b class="${method}">${method.toUpperCase()}</b> <code>${path}</code>`);
      expect(body).toContain(summary.replaceAll("'", '&#39;'));
    }
  }
  for (const { code } of [...Object.values(documentedErrors), ...Object.values(transportErrors)]) {
    expect(body).toContain(`<code>${code}</code>`);
  }
});

it('escapes what stands in the page', () => {
  expect(html`<p>${`<b a="1">'&`}${[html`<i>${1}</i>`, null, undefined]}</p>`.html).toBe(
    '<p>&lt;b a=&quot;1&quot;&gt;&#39;&amp;<i>1</i></p>',
  );
});
