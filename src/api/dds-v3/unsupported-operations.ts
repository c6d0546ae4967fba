import type { HTTPMethods } from 'fastify';
import { LarderError } from '../../core/errors.ts';
import type { Operation } from '../context.ts';

/** Calls that the DDS API documents and Larder does not serve, without their `/v3/{project_id}`. */
export const unsupportedCalls: readonly (readonly [method: HTTPMethods, path: string])[] = [
  ['POST', '/instances/:instance_id/enlarge'],
  ['POST', '/instances/:instance_id/modify-internal-ip'],
  ['POST', '/instances/:instance_id/create-ip'],
  ['GET', '/instances/:instance_id/auditlog-policy'],
  ['POST', '/instances/:instance_id/auditlog-policy'],
  ['GET', '/instances/:instance_id/auditlog'],
  ['POST', '/instances/:instance_id/auditlog-links'],
];

/** Answers those calls with a refusal that says so, instead of "no such address", to whoever may call at all. */
export const unsupportedOperations: Operation = (server) => {
  for (const [method, path] of unsupportedCalls) {
    server.route({
      method,
      url: `/v3/:project_id${path}`,
      schema: { hide: true },
      config: { access: 'project' },
      handler: async () => {
        throw new LarderError('unsupported-operation', 'Larder does not serve this call.');
      },
    });
  }
};
