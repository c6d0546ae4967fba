import { Type, type Static } from 'typebox';
import { LarderError } from '../../core/errors.ts';
import { wholeBackup } from '../../core/restore-selection.ts';
import { pointOfMilliseconds } from '../../core/oplog-archive.ts';
import type { RestoreOrigin } from '../../engine/use-cases.ts';
import type { Operation } from '../context.ts';
import { ddsErrors, idPattern, instanceId, projectParams } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { readRestoreTime, restoreTime } from './read-restore-time.ts';

const schema = {
  operationId: 'restoreInstance',
  summary: 'Restore a backup, or a point in time, of an instance to itself, replacing the data there',
  tags: ['dds'],
  params: projectParams,
  body: Type.Object({
    source: Type.Object({
      instance_id: instanceId,
      type: Type.Optional(
        Type.Unsafe<string | null>({
          type: ['string', 'null'],
          enum: ['backup', 'timestamp', '', null],
          description: 'backup or timestamp',
        }),
      ),
      backup_id: Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'] })),
      restore_time: restoreTime,
    }),
    target: Type.Object({ instance_id: instanceId }),
  }),
  response: { 200: Type.Object({ job_id: Type.String() }), ...ddsErrors },
} as const;

const wellFormedId = new RegExp(idPattern);

/** `POST /v3/{project_id}/instances/recovery` */
export const restoreInstance: Operation = (server, { useCases }) => {
  server.post('/v3/:project_id/instances/recovery', { schema, config: { access: 'project' } }, async (request) => {
    const { source, target } = request.body;
    const origin = originOf(source);
    if (source.instance_id !== target.instance_id) {
      throw new LarderError('operation-illegal', 'target.instance_id must be source.instance_id.');
    }
    const { jobId } = await useCases.restore(callerOf(request), {
      ...origin,
      sourceInstanceId: source.instance_id,
      targetInstanceId: target.instance_id,
      // The call itself says so: it replaces whatever the instance holds.
      overwrite: true,
      selection: wholeBackup,
    });
    return { job_id: jobId };
  });
};

function originOf(source: Static<typeof schema.body>['source']): RestoreOrigin {
  if (source.type === 'timestamp') {
    const time = readRestoreTime(source.restore_time);
    return { moment: { instanceId: source.instance_id, point: pointOfMilliseconds(time.getTime()) } };
  }
  if (!source.backup_id) throw new LarderError('malformed-request', 'source.backup_id is missing.');
  if (!wellFormedId.test(source.backup_id)) throw new LarderError('backup-not-found', 'source.backup_id is no id of a backup.');
  return { backupId: source.backup_id };
}
