import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { unsupportedCalls } from '../../src/api/dds-v3/unsupported-operations.ts';
import { registeredRoutes } from './registered-routes.ts';

const shown = (method: string, url: string): string =>
  `${method} ${url.replace('/v3/:project_id/', 'P/').replaceAll(/:(\w+)/g, '{$1}')}`;

/** The calls of one row of the table in docs/api.md that says what is real, recorded and refused. */
async function rowOf(state: string): Promise<readonly string[]> {
  const text = await readFile(new URL('../../docs/api.md', import.meta.url), 'utf8');
  const row = text.split('\n').find((line) => line.startsWith(`| ${state} |`)) ?? '';
  return [...row.matchAll(/`([^`]+)`/g)].map(([, call]) => call!);
}

it('docs/api.md says of every DDS call whether it is real, recorded or refused', async () => {
  const routes = (await registeredRoutes())
    .filter(({ url }) => /^\/v3(\.1)?\/:project_id\//.test(url))
    .map(({ method, url }) => shown(method, url));
  const refused = unsupportedCalls.map(({ method, path }) => shown(String(method), `/v3/:project_id${path}`));
  const served = routes.filter((route) => !refused.includes(route));
  expect([...(await rowOf('real')), ...(await rowOf('recorded'))].toSorted()).toEqual(served.toSorted());
  expect((await rowOf('refused')).toSorted()).toEqual(refused.toSorted());
});

it('and names every operation that is served in its list', async () => {
  const text = await readFile(new URL('../../docs/api.md', import.meta.url), 'utf8');
  const last = (await registeredRoutes()).map(({ url }) =>
    url.split('/').findLast((part) => part !== '' && !part.startsWith(':')),
  );
  expect([...new Set(last)].filter((word) => word !== undefined && !text.includes(word))).toEqual([]);
});
