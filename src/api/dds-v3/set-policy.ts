import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { ddsErrors, instanceId, projectParams } from '../fields.ts';
import { callerOf } from '../principal.ts';

/** The values are checked by the rules of the policy: they depend on each other. */
const optionalText = (description: string) =>
  Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'], description }));

const schema = {
  operationId: 'setBackupPolicy',
  summary: 'Set the policy of automated backups',
  tags: ['dds'],
  params: Type.Object({ ...projectParams.properties, instance_id: instanceId }),
  body: Type.Object({
    backup_policy: Type.Object({
      keep_days: Type.Unsafe<number | string>({
        type: ['number', 'string'],
        description: 'a whole number from 0 (off) to 732, or its digits',
      }),
      start_time: optionalText('an hour in UTC like 19:00-20:00; needed unless keep_days is 0'),
      period: optionalText('days from 1 (Monday) to 7 like 1,2,4; all seven where keep_days is 1 to 6'),
      enable_incremental_backup: Type.Optional(
        Type.Unsafe<boolean | null>({
          type: ['boolean', 'null'],
          description:
            'whether the oplog is archived: true for a replica set whose policy is on; the opposite of what is so is refused',
        }),
      ),
    }),
  }),
  response: { 200: Type.Object({}), ...ddsErrors },
} as const;

/** `PUT /v3/{project_id}/instances/{instance_id}/backups/policy` */
export const setPolicy: Operation = (server, { useCases }) => {
  server.put(
    '/v3/:project_id/instances/:instance_id/backups/policy',
    { schema, config: { access: 'project' } },
    async (request) => {
      const { keep_days: keepDays, start_time: startTime = null, period = null } = request.body.backup_policy;
      const { enable_incremental_backup: incremental = null } = request.body.backup_policy;
      await useCases.setPolicy(callerOf(request), request.params.instance_id, { keepDays, startTime, period, incremental });
      return {};
    },
  );
};
