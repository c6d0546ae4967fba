import { expect, it } from 'vitest';
import { declaredRoutes, neededAction } from '../../src/api/actions.ts';
import { registeredRoutes } from './registered-routes.ts';

it('every route that needs a caller declares what the caller must be permitted to do', async () => {
  const routes = (await registeredRoutes()).filter(({ access }) => access !== 'open');
  expect(routes.length).toBeGreaterThan(80);
  const undeclared = routes.filter(({ method, url }) => neededAction(method, url) === undefined);
  expect(undeclared).toEqual([]);
});

it('nothing is declared that is no route', async () => {
  const routes = (await registeredRoutes()).map(({ method, url }) => `${method} ${url}`);
  expect(declaredRoutes.filter((route) => !routes.includes(route))).toEqual([]);
});

it('every route that changes something needs an action, but for what only touches the caller', async () => {
  const routes = (await registeredRoutes()).filter(({ access, method }) => access !== 'open' && method !== 'GET');
  const free = routes
    .filter(({ method, url }) => neededAction(method, url) === null)
    .map(({ method, url }) => `${method} ${url}`);
  expect(free.sort()).toEqual([
    'DELETE /larder/v1/:project_id/access-keys/:access',
    'DELETE /v3/auth/tokens',
    'POST /larder/v1/:project_id/access-keys',
    'POST /v3/users/:user_id/password',
  ]);
});

it('looks up HEAD as GET, and addresses with a slash at their end', () => {
  expect(neededAction('HEAD', '/v3/:project_id/backups/')).toBe('dds:backup:list');
  expect(neededAction('GET', '/v3/nowhere')).toBeUndefined();
});
