import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { ddsErrors, instanceName, projectParams } from '../fields.ts';
import { callerOf } from '../principal.ts';

const schema = {
  operationId: 'adoptInstance',
  summary: 'Take charge of an existing MongoDB',
  tags: ['larder'],
  params: projectParams,
  body: Type.Object({
    name: instanceName,
    uri: Type.String({
      pattern: '^mongodb(\\+srv)?://[^\\u0000\\ud800-\\udfff]{1,4000}$',
      description: 'a MongoDB connection string of at most 4000 characters, starting with mongodb:// or mongodb+srv://',
      'x-error': 'invalid-connection-string',
    }),
    lock: Type.Optional(Type.Boolean({ description: 'true if backups of this single server shall keep everybody from writing' })),
  }),
  response: { 201: Type.Object({ id: Type.String() }), ...ddsErrors },
} as const;

/** `POST /larder/v1/{project_id}/instances/adopt` */
export const adoptInstance: Operation = (server, { useCases }) => {
  server.post('/larder/v1/:project_id/instances/adopt', { schema, config: { access: 'project' } }, async (request, reply) => {
    const { name, uri, lock } = request.body;
    const { id } = await useCases.adoptInstance(callerOf(request), { name, uri, ...(lock === undefined ? {} : { lock }) });
    return reply.code(201).send({ id });
  });
};
