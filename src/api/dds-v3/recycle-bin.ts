import { Type } from 'typebox';
import { LarderError } from '../../core/errors.ts';
import { readWhole } from '../../core/instance-rules.ts';
import type { Operation } from '../context.ts';
import { ddsErrors, pageFields, pageOf, projectParams } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { formatPlainTime } from '../times.ts';
import { ruled } from './instance-call.ts';

const recycled = Type.Object({
  id: Type.String(),
  name: Type.String(),
  mode: Type.String(),
  datastore: Type.Object({ type: Type.String(), version: Type.String() }),
  pay_mode: Type.String(),
  enterprise_project_id: Type.String(),
  backup_id: Type.String(),
  created_at: Type.String(),
  deleted_at: Type.String(),
  retained_until: Type.String(),
  status: Type.String(),
});

const listSchema = {
  operationId: 'listRecycledInstances',
  summary: 'List deleted instances that can come back from their last backup',
  tags: ['dds'],
  params: projectParams,
  querystring: Type.Object(pageFields),
  response: { 200: Type.Object({ instances: Type.Array(recycled), total_count: Type.Integer() }), ...ddsErrors },
} as const;

const policy = { enabled: Type.Boolean(), retention_period_in_days: Type.Integer() };

const showSchema = {
  operationId: 'showRecyclePolicy',
  summary: 'How long deleted instances can come back',
  tags: ['dds'],
  params: projectParams,
  // One client looks for the two below recycle_policy, another beside it.
  response: { 200: Type.Object({ recycle_policy: Type.Object(policy), ...policy }), ...ddsErrors },
} as const;

const setSchema = {
  operationId: 'setRecyclePolicy',
  summary: 'Set how long instances that are deleted from now on can come back',
  tags: ['dds'],
  params: projectParams,
  body: Type.Object({
    recycle_policy: Type.Object({
      enabled: ruled('true: the bin is always on'),
      retention_period_in_days: ruled('1 to 7; 7 unless given'),
    }),
  }),
  response: { 200: Type.Object({}), ...ddsErrors },
} as const;

/** `GET /v3/{project_id}/recycle-instances`, `GET` and `PUT /v3/{project_id}/instances/recycle-policy` */
export const recycleBin: Operation = (server, { instances }) => {
  server.get('/v3/:project_id/recycle-instances', { schema: listSchema, config: { access: 'project' } }, async (request) => {
    const { rows, total } = await instances.listRecycled(callerOf(request), pageOf(request.query));
    return {
      instances: rows.map((one) => ({
        id: one.id,
        name: one.name,
        mode: one.mode,
        datastore: { type: 'DDS-Community', version: one.version },
        pay_mode: '0',
        enterprise_project_id: one.enterpriseProjectId,
        backup_id: one.backupId,
        created_at: formatPlainTime(one.created),
        deleted_at: formatPlainTime(one.deleted),
        retained_until: formatPlainTime(one.retainedUntil),
        status: 'Active',
      })),
      total_count: total,
    };
  });
  const url = '/v3/:project_id/instances/recycle-policy';
  server.get(url, { schema: showSchema, config: { access: 'project' } }, async (request) => {
    const now = { enabled: true, retention_period_in_days: await instances.recycleDays(callerOf(request)) };
    return { recycle_policy: now, ...now };
  });
  server.put(url, { schema: setSchema, config: { access: 'project' } }, async (request) => {
    const { enabled, retention_period_in_days: days } = request.body.recycle_policy;
    if (enabled !== true && enabled !== 'true')
      throw new LarderError('malformed-request', 'enabled must be true: the bin is always on.');
    const kept = days === undefined || days === null ? 7 : readWhole(days);
    if (kept === null || kept < 1 || kept > 7)
      throw new LarderError('malformed-request', 'retention_period_in_days must be 1 to 7.');
    await instances.setRecycleDays(callerOf(request), kept);
    return {};
  });
};
