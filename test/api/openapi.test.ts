import { fastify } from 'fastify';
import { expect, it } from 'vitest';
import { ddsV3Operations } from '../../src/api/dds-v3/operations.ts';
import { unsupportedCalls } from '../../src/api/dds-v3/unsupported-operations.ts';
import { identityV3Operations } from '../../src/api/identity-v3/operations.ts';
import { larderV1Operations } from '../../src/api/larder-v1/operations.ts';
import type { ApiServer } from '../../src/api/context.ts';
import { startCheckedApi } from './checked-api.ts';
import { createFakeStack } from './fake-stack.ts';

interface Description {
  readonly openapi: string;
  readonly info: { readonly version: string };
  readonly paths: Record<
    string,
    Record<string, { operationId: string; summary: string; security?: unknown[]; responses: Record<string, unknown> }>
  >;
}

/** Every route that the operations register, as `GET /path/{parameter}`. */
async function registeredRoutes(): Promise<readonly string[]> {
  const server = fastify({ exposeHeadRoutes: false });
  const routes: string[] = [];
  server.addHook('onRoute', ({ method, url }) => void routes.push(`${String(method)} ${url.replaceAll(/:(\w+)/g, '{$1}')}`));
  server.setValidatorCompiler(() => () => true);
  for (const add of [...identityV3Operations, ...ddsV3Operations, ...larderV1Operations])
    add(server as unknown as ApiServer, createFakeStack());
  await server.close();
  return routes;
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
    'GET /v3.1/{project_id}/flavors',
  ];
  const served = (await registeredRoutes()).filter((route) => !hidden.includes(route));
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
  expect(open.sort()).toEqual(['createToken', 'listVersions', 'showHealth', 'showOpenapi', 'showVersion']);
});
