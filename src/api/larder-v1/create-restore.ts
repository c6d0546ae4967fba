import { Type, type Static } from 'typebox';
import { LarderError } from '../../core/errors.ts';
import { isWhole, type RestoreSelection } from '../../core/restore-selection.ts';
import { parsePoint, pointOfMilliseconds } from '../../core/oplog-archive.ts';
import type { RestoreOrigin } from '../../engine/use-cases.ts';
import type { Operation } from '../context.ts';
import { backupId, ddsErrors, instanceId, projectParams } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { parseTime } from '../times.ts';
import { previewJson, previewSchema } from './preview-json.ts';

/** No NUL and no half of a surrogate pair: no server has such a name. */
const name = Type.String({ pattern: '^[^\\u0000\\ud800-\\udfff]{1,255}$', description: 'a name of 1 to 255 characters' });
const selected = Type.Array(Type.Object({ name, new_name: Type.Optional(name) }), {
  maxItems: 1000,
  description: 'at most 1000 names, each {"name", "new_name"}, the latter where it is to get another',
});

const body = Type.Object({
  backup_id: Type.Optional(backupId),
  instance_id: Type.Optional(instanceId),
  at: Type.Optional(
    Type.String({
      description: 'with instance_id, instead of backup_id: a time like 2026-11-25T10:00:00Z, or seconds:increment of the oplog',
    }),
  ),
  target_instance_id: instanceId,
  overwrite: Type.Optional(Type.Boolean({ description: "true if the target's data may be replaced" })),
  databases: Type.Optional(selected),
  collections: Type.Optional(selected),
  users: Type.Optional(
    Type.Boolean({ description: 'true if users and roles are restored too; unless given, only with the whole' }),
  ),
  dry_run: Type.Optional(Type.Boolean({ description: 'true if only the plan is wanted' })),
});

const schema = {
  operationId: 'createRestore',
  summary: 'Restore a backup or a point in time, or a part of it, to any instance of the project; or only say what that would do',
  tags: ['larder'],
  params: projectParams,
  body,
  response: { 200: previewSchema, 202: Type.Object({ job_id: Type.String() }), ...ddsErrors },
} as const;

/** `POST /larder/v1/{project_id}/restores` */
export const createRestore: Operation = (server, { useCases }) => {
  server.post('/larder/v1/:project_id/restores', { schema, config: { access: 'project' } }, async (request, reply) => {
    const { target_instance_id: targetInstanceId, overwrite = false, dry_run: dryRun } = request.body;
    const asked = { ...originOf(request.body), targetInstanceId, selection: selectionOf(request.body) };
    if (dryRun === true) return reply.code(200).send(previewJson(await useCases.previewRestore(callerOf(request), asked)));
    const { jobId } = await useCases.restore(callerOf(request), { ...asked, overwrite });
    return reply.code(202).send({ job_id: jobId });
  });
};

function originOf({ backup_id: backup, instance_id: instance, at }: Static<typeof body>): RestoreOrigin {
  if (backup !== undefined && instance === undefined && at === undefined) return { backupId: backup };
  if (backup !== undefined || instance === undefined || at === undefined) {
    throw new LarderError('malformed-request', 'Either backup_id is needed, or instance_id and at.');
  }
  const time = parseTime(at);
  const point = parsePoint(at) ?? (time === null ? null : pointOfMilliseconds(time.getTime()));
  // Timestamps of the server begin with 1970 and have 32 bits of seconds.
  if (point === null || point.t < 0 || point.t > 0xffff_ffff) {
    throw new LarderError('invalid-date', 'at must be a time like 2026-11-25T10:00:00Z, or seconds:increment.');
  }
  return { moment: { instanceId: instance, point } };
}

function selectionOf(asked: Static<typeof body>): RestoreSelection {
  const names = (list: Static<typeof selected> = []) => list.map((one) => ({ name: one.name, newName: one.new_name ?? null }));
  const parts = { databases: names(asked.databases), collections: names(asked.collections), users: false };
  const given = asked.databases !== undefined || asked.collections !== undefined;
  // A list that came out empty by mistake must not mean everything.
  if (given && isWhole(parts)) throw new LarderError('invalid-selection', 'No database and no collection is named.');
  return { ...parts, users: asked.users ?? !given };
}
