import { Type } from 'typebox';
import { LarderError } from '../../core/errors.ts';
import type { Operation } from '../context.ts';
import { ddsErrors, projectParams } from '../fields.ts';
import { callerOf } from '../principal.ts';

const schema = {
  operationId: 'createAccessKey',
  summary: 'Create an access key; its secret is shown only in this answer',
  tags: ['larder'],
  params: projectParams,
  response: { 201: Type.Object({ access: Type.String(), secret: Type.String() }), ...ddsErrors },
} as const;

/** `POST /larder/v1/{project_id}/access-keys` */
export const createAccessKey: Operation = (server, { useCases, outerIdentity }) => {
  server.post('/larder/v1/:project_id/access-keys', { schema, config: { access: 'project' } }, async (request, reply) => {
    if (outerIdentity !== undefined) {
      throw new LarderError('unsupported-operation', 'There are no access keys where an outer Keystone knows the users.');
    }
    const { access, secret } = await useCases.createAccessKey(callerOf(request));
    return reply.code(201).header('Cache-Control', 'no-store').send({ access, secret });
  });
};
