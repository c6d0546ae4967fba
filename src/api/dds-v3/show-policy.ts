import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { ddsErrors, instanceId, projectParams } from '../fields.ts';
import { callerOf } from '../principal.ts';

const schema = {
  operationId: 'showBackupPolicy',
  summary: 'Show the policy of automated backups',
  tags: ['dds'],
  params: Type.Object({ ...projectParams.properties, instance_id: instanceId }),
  response: {
    200: Type.Object({
      backup_policy: Type.Object({
        keep_days: Type.Integer({ minimum: 0, maximum: 732, description: '0: off, and the other fields are absent' }),
        start_time: Type.Optional(Type.String()),
        period: Type.Optional(Type.String()),
        enable_incremental_backup: Type.Optional(Type.Boolean({ description: 'whether the oplog is archived' })),
      }),
    }),
    ...ddsErrors,
  },
} as const;

/** `GET /v3/{project_id}/instances/{instance_id}/backups/policy` */
export const showPolicy: Operation = (server, { useCases }) => {
  server.get(
    '/v3/:project_id/instances/:instance_id/backups/policy',
    { schema, config: { access: 'project' } },
    async (request) => {
      const { keepDays, startTime, period, incremental } = await useCases.showPolicy(
        callerOf(request),
        request.params.instance_id,
      );
      if (keepDays === 0 || startTime === null) return { backup_policy: { keep_days: 0 } };
      return {
        backup_policy: { keep_days: keepDays, start_time: startTime, period, enable_incremental_backup: incremental },
      };
    },
  );
};
