import type { HTTPMethods } from 'fastify';
import type { ApiServer } from './context.ts';

const methods: readonly HTTPMethods[] = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE'];

/** Watches which routes are added. `finish` then answers OPTIONS on each, and every other method with 405 and `Allow`. */
export function watchMethods(server: ApiServer): { finish(): void } {
  const known = new Map<string, Set<string>>();
  server.addHook('onRoute', ({ url, method }) => {
    const of = known.get(url) ?? new Set();
    for (const one of [method].flat()) of.add(one);
    known.set(url, of);
  });
  return {
    finish() {
      // Copied first: the routes added below are seen by the hook as well.
      for (const [url, present] of [...known].map(([address, of]) => [address, new Set(of)] as const)) {
        const allow = [...present, 'OPTIONS'].sort();
        server.route({
          method: 'OPTIONS',
          url,
          schema: { hide: true },
          config: { access: 'open' },
          handler: async (_request, reply) => reply.code(204).header('Allow', allow.join(', ')).send(),
        });
        server.route({
          method: methods.filter((one) => one !== 'OPTIONS' && !present.has(one)),
          url,
          schema: { hide: true },
          config: { access: 'refused', allow },
          // Never reached: access `refused` ends in the first hook.
          handler: async (_request, reply) => reply.code(405).send(),
        });
      }
    },
  };
}
