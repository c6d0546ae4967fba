import { Type } from 'typebox';
import { LarderError } from '../../core/errors.ts';
import type { BackupFilter, BackupOrder, BackupStatus } from '../../engine/use-cases.ts';
import type { Operation } from '../context.ts';
import { backupId, ddsErrors, instanceId, mode, oneOf, pageFields, pageOf, projectParams, text } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { backupJson, backupSchema } from './backup-json.ts';
import { readPeriod, timeField } from './period.ts';

/** All backups have one engine: in its order they are in that of its version. */
const orders = {
  name: 'name',
  instanceName: 'instanceName',
  type: 'type',
  datastoreType: 'datastoreVersion',
  beginTime: 'beginTime',
  status: 'status',
} as const;

const schema = {
  operationId: 'listBackups',
  summary: 'List backups, newest first',
  tags: ['dds'],
  params: projectParams,
  querystring: Type.Object({
    instance_id: Type.Optional(instanceId),
    backup_id: Type.Optional(backupId),
    backup_type: Type.Optional(
      Type.String({ pattern: '^([Aa][Uu][Tt][Oo]|[Mm][Aa][Nn][Uu][Aa][Ll]|[Ii]ncremental)$', description: 'Auto or Manual' }),
    ),
    ...pageFields,
    marker: Type.Optional(text),
    begin_time: Type.Optional(timeField),
    end_time: Type.Optional(timeField),
    mode: Type.Optional(mode),
    order_field: Type.Optional(oneOf(['name', 'instanceName', 'type', 'datastoreType', 'beginTime', 'status'])),
    order_rule: Type.Optional(oneOf(['asc', 'desc'])),
    backup_status: Type.Optional(oneOf<BackupStatus>(['BUILDING', 'COMPLETED', 'FAILED', 'DISABLED'])),
    backup_name: Type.Optional(text),
    backup_description: Type.Optional(text),
    instance_name: Type.Optional(text),
  }),
  response: { 200: Type.Object({ backups: Type.Array(backupSchema), total_count: Type.Integer() }), ...ddsErrors },
} as const;

/** `GET /v3/{project_id}/backups` */
export const listBackups: Operation = (server, { useCases }) => {
  server.get('/v3/:project_id/backups', { schema, config: { access: 'project' } }, async (request) => {
    const query = request.query;
    const type = query.backup_type?.toLowerCase();
    const filter: BackupFilter = {
      ...pageOf(query),
      ...(query.marker === undefined ? {} : { marker: query.marker }),
      ...(query.instance_id === undefined ? {} : { instanceId: query.instance_id }),
      ...(query.backup_id === undefined ? {} : { backupId: query.backup_id }),
      ...(query.mode === undefined ? {} : { mode: query.mode }),
      ...(type === 'auto' ? { type: 'Auto' as const } : {}),
      ...(type === 'manual' ? { type: 'Manual' as const } : {}),
      ...readPeriod(query.begin_time, query.end_time),
      ...(query.backup_status === undefined ? {} : { status: query.backup_status }),
      ...(query.backup_name === undefined ? {} : { namePart: query.backup_name }),
      ...(query.backup_description === undefined ? {} : { descriptionPart: query.backup_description }),
      ...(query.instance_name === undefined ? {} : { instanceNamePart: query.instance_name }),
      ...readOrder(query.order_field, query.order_rule),
    };
    // A kind that Huawei's edition lists and that Larder does not make: there are none.
    if (type === 'incremental') return { backups: [], total_count: 0 };
    const { rows, total } = await useCases.listBackups(callerOf(request), filter);
    return { backups: rows.map(backupJson), total_count: total };
  });
};

function readOrder(field: keyof typeof orders | undefined, rule: 'asc' | 'desc' | undefined): { order?: BackupOrder } {
  if (field === undefined && rule === undefined) return {};
  if (field === undefined || rule === undefined) {
    throw new LarderError('malformed-request', 'order_field and order_rule need each other.');
  }
  return { order: { by: orders[field], descending: rule === 'desc' } };
}
