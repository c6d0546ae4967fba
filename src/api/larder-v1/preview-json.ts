import { Type, type Static } from 'typebox';
import { oneOf } from '../fields.ts';
import type { RestorePreview } from '../../engine/use-cases.ts';
import { nullable } from './json-types.ts';

const lossSchema = Type.Object({
  name: Type.String(),
  documents: nullable(Type.Integer()),
  bytes: nullable(Type.Integer()),
});

export const previewSchema = Type.Object({
  arrivals: Type.Array(
    Type.Object({
      from: Type.String(),
      name: Type.String(),
      kind: oneOf(['collection', 'timeseries', 'view']),
      documents: Type.Integer(),
      bytes: Type.Integer(),
      indexes: Type.Array(Type.String()),
      swapped: Type.Boolean(),
      overwrites: nullable(lossSchema),
    }),
  ),
  drops: Type.Array(lossSchema),
  users: Type.Boolean(),
  documents: Type.Integer(),
  bytes: Type.Integer(),
  expected: Type.Object(
    {
      seconds: Type.Number(),
      bytes_per_second: Type.Number(),
      basis: oneOf(['this-instance', 'others', 'assumed']),
      samples: Type.Integer(),
    },
    { description: 'How long it may take, without replaying: by earlier restores of about that size, or assumed' },
  ),
  replay: nullable(
    Type.Object(
      { entries: Type.Integer(), bytes: Type.Integer(), writes: Type.Integer() },
      { description: 'Of a point in time: what is read of the archived oplog, and the writes among it to what is restored' },
    ),
  ),
  notes: Type.Array(Type.String()),
});

/** What a restore would do, field by field. */
export function previewJson(preview: RestorePreview): Static<typeof previewSchema> {
  return {
    arrivals: preview.arrivals.map((arrival) => ({ ...arrival, indexes: [...arrival.indexes] })),
    drops: [...preview.drops],
    users: preview.users,
    documents: preview.documents,
    bytes: preview.bytes,
    expected: {
      seconds: preview.expected.seconds,
      bytes_per_second: preview.expected.bytesPerSecond,
      basis: preview.expected.basis,
      samples: preview.expected.samples,
    },
    replay: preview.replay,
    notes: [...preview.notes],
  };
}
