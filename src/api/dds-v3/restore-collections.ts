import { Type, type Static } from 'typebox';
import type { RestoredPart } from '../../engine/use-cases.ts';
import type { Operation } from '../context.ts';
import { ddsErrors } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { instanceParams } from './instance-call.ts';
import { readRestoreTime, restoreTime } from './read-restore-time.ts';

/** No NUL and no half of a surrogate pair: no server has such a name. */
const name = Type.String({ pattern: '^[^\\u0000\\ud800-\\udfff]{1,255}$', description: 'a name of 1 to 255 characters' });
const newName = Type.Unsafe<string | null>({
  type: ['string', 'null'],
  pattern: '^[^\\u0000\\ud800-\\udfff]{0,255}$',
  description: 'a name of at most 255 characters; unless given, the old one with _bak_ and the time behind it',
});
const database = Type.Object({
  database: name,
  restore_database_time: restoreTime,
  collections: Type.Optional(
    Type.Union([
      Type.Null(),
      Type.Array(Type.Object({ old_name: name, new_name: Type.Optional(newName), restore_collection_time: restoreTime }), {
        maxItems: 1000,
        description: 'at most 1000 collections; none: the whole database',
      }),
    ]),
  ),
});

const schema = {
  operationId: 'restoreCollections',
  summary: 'Restore databases and collections, each as of its own time, beside what the instance holds',
  tags: ['dds'],
  params: instanceParams,
  body: Type.Object({
    restore_collections: Type.Array(database, { minItems: 1, maxItems: 1000, description: '1 to 1000 databases' }),
  }),
  response: { 200: Type.Object({ job_id: Type.String() }), ...ddsErrors },
} as const;

/** `POST /v3/{project_id}/instances/{instance_id}/restore/collections` */
export const restoreCollections: Operation = (server, { useCases }) => {
  server.post(
    '/v3/:project_id/instances/:instance_id/restore/collections',
    { schema, config: { access: 'project' } },
    async (request) => {
      const parts = request.body.restore_collections.flatMap(partsOf);
      const { jobId } = await useCases.restoreCollections(callerOf(request), { instanceId: request.params.instance_id, parts });
      return { job_id: jobId };
    },
  );
};

/** Collections without a time of their own are as of that of their database. */
function partsOf({ database: db, restore_database_time: ofAll, collections }: Static<typeof database>): readonly RestoredPart[] {
  if (collections === undefined || collections === null || collections.length === 0)
    return [{ db, time: readRestoreTime(ofAll, 'restore_database_time'), collection: null }];
  return collections.map((one) => {
    const own = one.restore_collection_time ?? '';
    const time = readRestoreTime(own === '' ? ofAll : own, 'restore_collection_time');
    return { db, time, collection: { name: one.old_name, newName: one.new_name || null } };
  });
}
