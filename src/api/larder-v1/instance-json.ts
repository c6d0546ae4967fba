import { Type, type Static } from 'typebox';
import { oneOf } from '../fields.ts';
import type { OwnInstance } from '../../core/own-instance.ts';
import type { ArchiveState, Instance } from '../../engine/use-cases.ts';
import { proofJson, proofSchema } from './drill-schedule-json.ts';
import { isoTime, nullable } from './json-types.ts';

export const instanceSchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  mode: oneOf(['Single', 'ReplicaSet', 'Sharding']),
  status: oneOf(['normal', 'abnormal', 'creating', 'createfail']),
  actions: Type.Array(Type.String({ description: 'BACKUP, RESTORE, RESTARTING and so on, in the words of the DDS API' })),
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
  own: nullable(
    Type.Object(
      {
        version: Type.String(),
        ports: Type.Array(Type.Integer()),
        volume_gb: Type.Integer(),
        spec_code: Type.String(),
      },
      { description: 'null where the servers are not run by Larder' },
    ),
  ),
  tags: Type.Array(Type.Object({ key: Type.String(), value: Type.String() })),
  address: Type.String({ description: 'The connection string without its credentials' }),
  proof: proofSchema,
  archive: Type.Optional(
    nullable(
      Type.Object(
        {
          state: oneOf(['following', 'stalled', 'off']),
          cause: nullable(Type.String({ description: 'Why it stalls' })),
          newest_restorable: nullable(isoTime),
          lag_seconds: nullable(Type.Integer()),
          window_seconds: nullable(Type.Integer({ description: 'How much oplog the source keeps' })),
          gaps: Type.Array(Type.Object({ cause: Type.String(), detail: Type.String(), noticed_at: isoTime })),
        },
        { description: 'The archive of its oplog; only of a single instance' },
      ),
    ),
  ),
  created: isoTime,
  updated: isoTime,
});

/** An instance, field by field. */
export function instanceJson(instance: Instance): Static<typeof instanceSchema> {
  const { own } = instance;
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
    own: own === null ? null : ownJson(own),
    tags: [...instance.tags],
    address: instance.address,
    proof: proofJson(instance.proof),
    ...(instance.archive === undefined ? {} : { archive: archiveJson(instance.archive) }),
    created: instance.created.toISOString(),
    updated: instance.updated.toISOString(),
  };
}

function ownJson({ servers, sent }: OwnInstance): NonNullable<Static<typeof instanceSchema>['own']> {
  const { version, ports } = servers;
  return { version, ports: [...ports], volume_gb: sent.flavor.sizeGb, spec_code: sent.flavor.specCode };
}

function archiveJson(archive: ArchiveState | null): Exclude<Static<typeof instanceSchema>['archive'], undefined> {
  if (archive === null) return null;
  return {
    state: archive.state,
    cause: archive.cause,
    newest_restorable: archive.newestRestorable?.toISOString() ?? null,
    lag_seconds: archive.lagSeconds,
    window_seconds: archive.windowSeconds,
    gaps: archive.gaps.map(({ cause, detail, noticedAt }) => ({ cause, detail, noticed_at: noticedAt })),
  };
}
