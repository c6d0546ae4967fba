import { Type } from 'typebox';
import { LarderError } from '../../core/errors.ts';
import type { Operation } from '../context.ts';
import { readPeriod, timeField } from '../dds-v3/period.ts';
import { ddsErrors, oneOf, pageFields, pageOf, projectParams, text } from '../fields.ts';
import { callerOf, principalOf } from '../principal.ts';
import { isoTime, nullable } from './json-types.ts';

const entrySchema = Type.Object({
  id: Type.String(),
  time: isoTime,
  project_id: nullable(Type.String()),
  user_id: nullable(Type.String()),
  user_name: nullable(Type.String()),
  address: Type.String(),
  method: Type.String(),
  path: Type.String(),
  operation: Type.String(),
  status: Type.Integer(),
  code: nullable(Type.String()),
  request_id: Type.String(),
  subjects: Type.Record(Type.String(), Type.String()),
});

const schema = {
  operationId: 'listAudit',
  summary: 'List who changed what, newest first',
  tags: ['larder'],
  params: projectParams,
  querystring: Type.Object({
    user: Type.Optional(text),
    operation: Type.Optional(text),
    result: Type.Optional(oneOf(['done', 'refused'])),
    begin_time: Type.Optional(timeField),
    end_time: Type.Optional(timeField),
    scope: Type.Optional(oneOf(['project', 'all'])),
    ...pageFields,
    marker: Type.Optional(text),
  }),
  response: { 200: Type.Object({ entries: Type.Array(entrySchema), total_count: Type.Integer() }), ...ddsErrors },
} as const;

/** `GET /larder/v1/{project_id}/audit`; with `scope=all` everything, for who may see that in the whole domain. */
export const listAudit: Operation = (server, { audit, identity }) => {
  server.get('/larder/v1/:project_id/audit', { schema, config: { access: 'project' } }, async (request) => {
    const { user, operation, result, scope, marker, ...query } = request.query;
    const { projectId } = callerOf(request);
    if (scope === 'all' && !(await identity.permits(principalOf(request), null, 'larder:audit:list'))) {
      throw new LarderError(
        'permission-denied',
        'larder:audit:list in the domain. Contact the administrator to obtain permission.',
      );
    }
    const { rows, total } = await audit.list({
      projectId: scope === 'all' ? null : projectId,
      ...pageOf(query),
      ...(user === undefined ? {} : { user }),
      ...(operation === undefined ? {} : { operation }),
      ...(result === undefined ? {} : { result }),
      ...(marker === undefined ? {} : { marker }),
      ...readPeriod(query.begin_time, query.end_time),
    });
    const entries = rows.map((entry) => ({
      id: entry.id,
      time: entry.time.toISOString(),
      project_id: entry.projectId,
      user_id: entry.userId,
      user_name: entry.userName,
      address: entry.address,
      method: entry.method,
      path: entry.path,
      operation: entry.operation,
      status: entry.status,
      code: entry.code,
      request_id: entry.requestId,
      subjects: { ...entry.subjects },
    }));
    return { entries, total_count: total };
  });
};
