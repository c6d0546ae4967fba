import { isIPv4 } from 'node:net';
import { Type } from 'typebox';
import { LarderError } from '../../core/errors.ts';
import type { Operation } from '../context.ts';
import { text } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { emptyAnswer, instanceParams } from './instance-call.ts';

const schema = {
  operationId: 'setClientNetwork',
  summary: 'Keep the networks that clients come from; nothing depends on them',
  tags: ['dds'],
  params: instanceParams,
  body: Type.Object({ client_network_ranges: Type.Array(text, { maxItems: 30, description: 'networks like 10.0.0.0/8' }) }),
  response: emptyAnswer,
} as const;

/** `POST /v3/{project_id}/instances/{instance_id}/client-network` */
export const setClientNetwork: Operation = (server, { instances }) => {
  const url = '/v3/:project_id/instances/:instance_id/client-network';
  server.post(url, { schema, config: { access: 'project' } }, async (request) => {
    const { client_network_ranges: clientNetworks } = request.body;
    if (!clientNetworks.every(isNetwork)) {
      throw new LarderError(
        'invalid-ip',
        'client_network_ranges must be networks like 10.0.0.0/8, with a prefix of 8 to 32 bits.',
      );
    }
    await instances.keepSettings(callerOf(request), request.params.instance_id, { clientNetworks });
    return {};
  });
};

function isNetwork(range: string): boolean {
  const [address = '', bits = '', ...more] = range.split('/');
  return more.length === 0 && isIPv4(address) && /^\d{1,2}$/.test(bits) && Number(bits) >= 8 && Number(bits) <= 32;
}
