import { isIPv4 } from 'node:net';
import { Type } from 'typebox';
import { LarderError } from '../../core/errors.ts';
import type { Operation } from '../context.ts';
import { ddsErrors, text } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { nodeParams } from './instance-call.ts';

const answer = { job_id: Type.String(), node_id: Type.String(), node_name: Type.String() };

const bindSchema = {
  operationId: 'bindPublicAddress',
  summary: 'Note the public address of a node; Larder does not route anything',
  tags: ['dds'],
  params: nodeParams,
  body: Type.Object({ public_ip_id: text, public_ip: text }),
  response: { 200: Type.Object({ ...answer, public_ip_id: Type.String(), public_ip: Type.String() }), ...ddsErrors },
} as const;

const unbindSchema = {
  operationId: 'unbindPublicAddress',
  summary: 'Forget the public address of a node',
  tags: ['dds'],
  params: nodeParams,
  response: { 200: Type.Object(answer), ...ddsErrors },
} as const;

/** `POST /v3/{project_id}/nodes/{node_id}/bind-eip` and `unbind-eip` */
export const bindAddress: Operation = (server, { instances }) => {
  server.post(
    '/v3/:project_id/nodes/:node_id/bind-eip',
    { schema: bindSchema, config: { access: 'project' } },
    async (request) => {
      const { public_ip: ip, public_ip_id: id } = request.body;
      if (!isIPv4(ip) || id === '')
        throw new LarderError('invalid-address', 'public_ip must be an IPv4 address, public_ip_id its id.');
      const caller = callerOf(request);
      const { instanceId, node } = await instances.findNode(caller, request.params.node_id);
      const change = { what: 'bind-address', nodeId: node.id, address: { id, ip } } as const;
      const { jobId } = await instances.change(caller, instanceId, change);
      return { job_id: jobId, node_id: node.id, node_name: node.name, public_ip_id: id, public_ip: ip };
    },
  );
  server.post(
    '/v3/:project_id/nodes/:node_id/unbind-eip',
    { schema: unbindSchema, config: { access: 'project' } },
    async (request) => {
      const caller = callerOf(request);
      const { instanceId, node } = await instances.findNode(caller, request.params.node_id);
      const { jobId } = await instances.change(caller, instanceId, { what: 'unbind-address', nodeId: node.id });
      return { job_id: jobId, node_id: node.id, node_name: node.name };
    },
  );
};
