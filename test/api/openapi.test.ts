import { expect, it } from 'vitest';
import { unsupportedCalls } from '../../src/api/dds-v3/unsupported-operations.ts';
import { startCheckedApi } from './checked-api.ts';
import { registeredRoutes } from './registered-routes.ts';

interface Description {
  readonly openapi: string;
  readonly info: { readonly version: string };
  readonly paths: Record<
    string,
    Record<string, { operationId: string; summary: string; security?: unknown[]; responses: Record<string, unknown> }>
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
  const hidden = [
    ...unsupportedCalls.map(([method, path]) => `${String(method)} /v3/{project_id}${path.replaceAll(/:(\w+)/g, '{$1}')}`),
  ];
  const served = (await registeredRoutes())
    .map(({ method, url }) => `${method} ${url.replaceAll(/:(\w+)/g, '{$1}')}`)
    .filter((route) => !hidden.includes(route));
  expect(described.sort()).toEqual([...served].sort());
});

it('gives each operation a name of its own, its answers and its errors', async () => {
  await using api = await startCheckedApi();
  const { paths } = (await api.send({ url: '/larder/v1/openapi.json', token: null })).body as Description;
  const operations = Object.values(paths).flatMap((path) => Object.values(path));
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
  for (const { summary, responses } of operations) {
    expect(summary).toMatch(/^[A-Z]/);
    expect(Object.keys(responses)).toEqual(expect.arrayContaining([expect.stringMatching(/^20[0-4]$/), '4XX', '5XX']));
  }
  const open = operations.filter(({ security }) => security?.length === 0).map(({ operationId }) => operationId);
  expect(open.sort()).toEqual([
    'createToken',
    'downloadArchive',
    'listVersions',
    'showHealth',
    'showMetrics',
    'showOpenapi',
    'showVersion',
  ]);
});
