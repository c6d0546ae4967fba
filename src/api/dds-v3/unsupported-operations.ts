import type { HTTPMethods } from 'fastify';
import { Type } from 'typebox';
import { LarderError } from '../../core/errors.ts';
import type { Operation } from '../context.ts';
import { refusedAlways } from '../fields.ts';

interface UnsupportedCall {
  readonly method: HTTPMethods;
  /** Without its `/v3/{project_id}`. */
  readonly path: string;
  readonly operationId: string;
  readonly reason: string;
}

const clusters = 'it is for clusters, which Larder does not start';

/** Calls that the DDS API documents and Larder does not serve. */
export const unsupportedCalls: readonly UnsupportedCall[] = [
  { method: 'POST', path: '/instances/:instance_id/enlarge', operationId: 'addNodes', reason: clusters },
  {
    method: 'POST',
    path: '/instances/:instance_id/modify-internal-ip',
    operationId: 'modifyInternalIp',
    reason: 'servers have the address of their machine',
  },
  { method: 'POST', path: '/instances/:instance_id/create-ip', operationId: 'createShardIp', reason: clusters },
  {
    method: 'POST',
    path: '/instances/:instance_id/auditlog-links',
    operationId: 'createAuditLogLinks',
    reason: 'there are no audit logs to download',
  },
];

/** Any id: whatever it is of, the answer is the same. */
const params = Type.Object({ project_id: Type.String(), instance_id: Type.String() });

/** Answers those calls with a refusal that says so, instead of "no such address", to whoever may call at all. */
export const unsupportedOperations: Operation = (server) => {
  for (const { method, path, operationId, reason } of unsupportedCalls) {
    const summary = `Refused with DBS.280343, whatever is sent: ${reason}`;
    server.route({
      method,
      url: `/v3/:project_id${path}`,
      schema: { operationId, summary, tags: ['dds'], params, response: refusedAlways },
      config: { access: 'project' },
      handler: async () => {
        throw new LarderError('unsupported-operation', 'Larder does not serve this call.');
      },
    });
  }
};
