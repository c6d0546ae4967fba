import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { ddsErrors, instanceId, oneOf, projectParams } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { isoTime, nullable } from './json-types.ts';

const schema = {
  operationId: 'showPolicyState',
  summary: 'Show the policy of automated backups, and how it goes',
  tags: ['larder'],
  params: Type.Object({ ...projectParams.properties, instance_id: instanceId }),
  response: {
    200: Type.Object({
      keep_days: Type.Integer({ minimum: 0, maximum: 732 }),
      start_time: nullable(Type.String()),
      period: Type.String(),
      incremental: Type.Boolean({ description: 'The oplog is archived besides' }),
      next_window: nullable(isoTime),
      first_backup_due: Type.Boolean({ description: 'A backup is owed since the policy was turned on' }),
      trouble: nullable(Type.String({ description: 'Why the last try to begin a backup did not succeed' })),
      windows: Type.Array(
        Type.Object({
          start: isoTime,
          outcome: oneOf(['started', 'missed']),
          backup_id: nullable(Type.String()),
          reason: nullable(Type.String()),
        }),
        { description: 'Newest first' },
      ),
    }),
    ...ddsErrors,
  },
} as const;

/** `GET /larder/v1/{project_id}/instances/{instance_id}/policy` */
export const showPolicyState: Operation = (server, { useCases }) => {
  server.get(
    '/larder/v1/:project_id/instances/:instance_id/policy',
    { schema, config: { access: 'project' } },
    async (request) => {
      const state = await useCases.showPolicy(callerOf(request), request.params.instance_id);
      return {
        keep_days: state.keepDays,
        start_time: state.startTime,
        period: state.period,
        incremental: state.incremental,
        next_window: state.nextWindow?.toISOString() ?? null,
        first_backup_due: state.firstBackupDue,
        trouble: state.trouble,
        windows: state.windows.map(({ start, outcome, backupId, reason }) => ({
          start: start.toISOString(),
          outcome,
          backup_id: backupId,
          reason,
        })),
      };
    },
  );
};
