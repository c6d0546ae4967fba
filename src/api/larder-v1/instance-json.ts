import { Type, type Static } from 'typebox';
import { oneOf } from '../fields.ts';
import type { Instance } from '../../engine/use-cases.ts';
import { proofJson, proofSchema } from './drill-schedule-json.ts';
import { isoTime, nullable } from './json-types.ts';

export const instanceSchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  mode: oneOf(['Single', 'ReplicaSet', 'Sharding']),
  status: oneOf(['normal', 'abnormal', 'creating']),
  actions: Type.Array(oneOf(['BACKUP', 'RESTORE', 'DELETE_INSTANCE'])),
  datastore_version: Type.String(),
  server_version: Type.String(),
  set_name: nullable(Type.String()),
  port: Type.Integer(),
  tls: Type.Boolean(),
  nodes: Type.Array(
    Type.Object({
      id: Type.String(),
      name: Type.String(),
      host: Type.String(),
      port: Type.Integer(),
      role: oneOf(['Primary', 'Secondary', 'Hidden', 'unknown']),
      status: oneOf(['normal', 'abnormal']),
    }),
  ),
  lock: Type.Boolean({ description: 'Backups of this single server keep everybody from writing' }),
  rate_mb_per_s: nullable(Type.Number({ description: 'How fast backups may read it' })),
  address: Type.String({ description: 'The connection string without its credentials' }),
  proof: proofSchema,
  created: isoTime,
  updated: isoTime,
});

/** An instance, field by field. */
export function instanceJson(instance: Instance): Static<typeof instanceSchema> {
  return {
    id: instance.id,
    name: instance.name,
    mode: instance.mode,
    status: instance.status,
    actions: [...instance.actions],
    datastore_version: instance.datastoreVersion,
    server_version: instance.serverVersion,
    set_name: instance.setName,
    port: instance.port,
    tls: instance.tls,
    nodes: instance.nodes.map(({ id, name, host, port, role, status }) => ({ id, name, host, port, role, status })),
    lock: instance.lock,
    rate_mb_per_s: instance.rateMbPerS,
    address: instance.address,
    proof: proofJson(instance.proof),
    created: instance.created.toISOString(),
    updated: instance.updated.toISOString(),
  };
}
