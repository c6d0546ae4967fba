import { fastify } from 'fastify';
import type { ApiServer } from '../../src/api/context.ts';
import { ddsV3Operations } from '../../src/api/dds-v3/operations.ts';
import { identityV3Operations } from '../../src/api/identity-v3/operations.ts';
import { larderV1Operations } from '../../src/api/larder-v1/operations.ts';
import type { Access } from '../../src/api/principal.ts';
import { createFakeStack } from './fake-stack.ts';

export interface RegisteredRoute {
  readonly method: string;
  /** With `:parameters`. */
  readonly url: string;
  readonly access: Access;
}

/** Every route that the operations register, without the HEAD and OPTIONS of each. */
export async function registeredRoutes(): Promise<readonly RegisteredRoute[]> {
  const server = fastify({ exposeHeadRoutes: false });
  const routes: RegisteredRoute[] = [];
  server.addHook('onRoute', ({ method, url, config }) => {
    for (const one of [method].flat()) routes.push({ method: one, url, access: config?.access ?? 'project' });
  });
  server.setValidatorCompiler(() => () => true);
  for (const add of [...identityV3Operations, ...ddsV3Operations, ...larderV1Operations]) {
    await add(server as unknown as ApiServer, createFakeStack());
  }
  await server.close();
  return routes;
}
