import { Type } from 'typebox';
import { LarderError } from '../../core/errors.ts';
import type { Operation } from '../context.ts';
import { callerOf } from '../principal.ts';
import { emptyAnswer, instanceParams, ruled } from './instance-call.ts';

const schema = {
  operationId: 'resetPassword',
  summary: 'Give a database user of an instance a new password',
  tags: ['dds'],
  params: instanceParams,
  body: Type.Object({
    user_name: ruled('rwuser unless given'),
    user_pwd: ruled('8 to 32 characters with capital and small letters, digits and ~!@#%^*-_=+?'),
    db_name: ruled('the database that the user belongs to; admin unless given'),
  }),
  response: emptyAnswer,
} as const;

/** `PUT /v3/{project_id}/instances/{instance_id}/reset-password` */
export const resetPassword: Operation = (server, { instances }) => {
  const url = '/v3/:project_id/instances/:instance_id/reset-password';
  server.put(url, { schema, config: { access: 'project' } }, async (request) => {
    const { user_name: user, user_pwd: password, db_name: db } = request.body;
    const database = db === undefined || db === null || db === '' ? 'admin' : db;
    if (typeof database !== 'string' || !/^[^\s/\\."$*<>:|?\0]{1,63}$/.test(database)) {
      throw new LarderError('malformed-request', 'db_name must be the name of a database.');
    }
    // The engine has the rules of both; what is no text breaks them.
    await instances.resetPassword(callerOf(request), request.params.instance_id, {
      user: user === undefined || user === null || user === '' ? 'rwuser' : textOf(user),
      password: textOf(password),
      db: database,
    });
    return {};
  });
};

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
