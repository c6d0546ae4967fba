import { Type } from 'typebox';
import { baseUrl } from '../base-url.ts';
import type { Operation } from '../context.ts';
import { identityErrors } from '../fields.ts';
import { policySchema, roleJson, roleSchema } from './role-json.ts';

const schema = {
  operationId: 'createRole',
  summary: 'Create a role with a policy',
  tags: ['identity'],
  body: Type.Object({
    role: Type.Object({
      name: Type.String({ maxLength: 4096 }),
      description: Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'], maxLength: 4096 })),
      policy: policySchema,
    }),
  }),
  response: { 201: Type.Object({ role: roleSchema }), ...identityErrors },
} as const;

/** `POST /v3/roles`, with a policy, which the identity service of the clouds keeps apart. */
export const createRole: Operation = (server, { directory }) => {
  server.post('/v3/roles', { schema, config: { access: 'user' } }, async (request, reply) => {
    const { name, description, policy } = request.body.role;
    const role = await directory.createRole({ name, description: description ?? '', policy });
    return reply.code(201).send({ role: roleJson(role, baseUrl(request)) });
  });
};
