import type { HTTPMethods } from 'fastify';
import { LarderError } from '../../core/errors.ts';
import type { Operation } from '../context.ts';

/** Calls that the DDS API documents and Larder does not serve, without their `/v3/{project_id}`. */
export const unsupportedCalls: readonly (readonly [method: HTTPMethods, path: string])[] = [
  ['GET', '/instances/:instance_id/backups/policy'],
  ['PUT', '/instances/:instance_id/backups/policy'],
  ['GET', '/backups/download-file'],
  ['POST', '/instances'],
  ['DELETE', '/instances/:instance_id'],
  ['GET', '/instances/:instance_id/restore-time'],
  ['GET', '/instances/:instance_id/restore-database'],
  ['GET', '/instances/:instance_id/restore-collection'],
  ['POST', '/instances/:instance_id/restore/collections'],
  ['POST', '/instances/:instance_id/restart'],
  ['POST', '/instances/:instance_id/enlarge-volume'],
  ['POST', '/instances/:instance_id/enlarge'],
  ['POST', '/instances/:instance_id/resize'],
  ['POST', '/instances/:instance_id/switchover'],
  ['POST', '/instances/:instance_id/switch-ssl'],
  ['PUT', '/instances/:instance_id/modify-name'],
  ['POST', '/instances/:instance_id/modify-port'],
  ['POST', '/instances/:instance_id/modify-security-group'],
  ['POST', '/nodes/:node_id/bind-eip'],
  ['POST', '/nodes/:node_id/unbind-eip'],
  ['POST', '/instances/:instance_id/modify-internal-ip'],
  ['POST', '/instances/:instance_id/create-ip'],
  ['POST', '/instances/:instance_id/client-network'],
  ['PUT', '/instances/:instance_id/maintenance-window'],
  ['GET', '/instances/logs/lts-configs'],
  ['POST', '/instances/logs/lts-configs'],
  ['DELETE', '/instances/logs/lts-configs'],
  ['GET', '/flavors'],
  ['GET', '/datastores/:datastore_name/versions'],
  ['GET', '/storage-type'],
  ['GET', '/recycle-instances'],
  ['GET', '/instances/recycle-policy'],
  ['PUT', '/instances/recycle-policy'],
  ['PUT', '/instances/:instance_id/reset-password'],
  ['GET', '/configurations'],
  ['GET', '/configurations/:config_id'],
  ['PUT', '/configurations/:config_id/apply'],
  ['GET', '/instances/:instance_id/configurations'],
  ['GET', '/nodes/:node_id/sessions'],
  ['POST', '/nodes/:node_id/session'],
  ['GET', '/instances/:instance_id/conn-statistics'],
  ['GET', '/instances/:instance_id/slowlog'],
  ['POST', '/instances/:instance_id/slowlog-download'],
  ['GET', '/instances/:instance_id/errorlog'],
  ['POST', '/instances/:instance_id/errorlog-download'],
  ['GET', '/instances/:instance_id/auditlog-policy'],
  ['POST', '/instances/:instance_id/auditlog-policy'],
  ['GET', '/instances/:instance_id/auditlog'],
  ['POST', '/instances/:instance_id/auditlog-links'],
  ['POST', '/instances/action'],
  ['POST', '/instances/:instance_id/tags/action'],
  ['GET', '/instances/:instance_id/tags'],
  ['GET', '/tags'],
];

/** Answers those calls with a refusal that says so, instead of "no such address", to whoever may call at all. */
export const unsupportedOperations: Operation = (server) => {
  const calls = [
    ...unsupportedCalls.map(([method, path]) => [method, `/v3/:project_id${path}`] as const),
    ['GET', '/v3.1/:project_id/flavors'] as const,
  ];
  for (const [method, url] of calls) {
    server.route({
      method,
      url,
      schema: { hide: true },
      config: { access: 'project' },
      handler: async () => {
        throw new LarderError('unsupported-operation', 'Larder does not serve this call.');
      },
    });
  }
};
