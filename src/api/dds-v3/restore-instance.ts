import { Type } from 'typebox';
import { LarderError } from '../../core/errors.ts';
import { wholeBackup } from '../../core/restore-selection.ts';
import type { Operation } from '../context.ts';
import { ddsErrors, idPattern, instanceId, projectParams } from '../fields.ts';
import { callerOf } from '../principal.ts';

const schema = {
  operationId: 'restoreInstance',
  summary: 'Restore a backup to its own instance, replacing the data there',
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
      restore_time: Type.Optional(
        Type.Unsafe<string | number | null>({
          type: ['string', 'integer', 'null'],
          description: 'milliseconds since 1970, as a number or its digits',
        }),
      ),
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
    if (source.type === 'timestamp') {
      throw new LarderError('unsupported-operation', 'Restoring to a point in time is not offered; source.type must be backup.');
    }
    if (!source.backup_id) throw new LarderError('malformed-request', 'source.backup_id is missing.');
    if (!wellFormedId.test(source.backup_id)) throw new LarderError('backup-not-found', 'source.backup_id is no id of a backup.');
    if (source.instance_id !== target.instance_id) {
      throw new LarderError('operation-illegal', 'target.instance_id must be source.instance_id.');
    }
    const { jobId } = await useCases.restore(callerOf(request), {
      backupId: source.backup_id,
      sourceInstanceId: source.instance_id,
      targetInstanceId: target.instance_id,
      // The call itself says so: it replaces whatever the instance holds.
      overwrite: true,
      selection: wholeBackup,
    });
    return { job_id: jobId };
  });
};
