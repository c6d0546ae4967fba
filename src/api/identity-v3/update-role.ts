import { Type } from 'typebox';
import { baseUrl } from '../base-url.ts';
import type { Operation } from '../context.ts';
import { identityErrors, text } from '../fields.ts';
import { policySchema, roleJson, roleSchema } from './role-json.ts';

const schema = {
  operationId: 'updateRole',
  summary: 'Rename or describe a role, or give it another policy',
  tags: ['identity'],
  params: Type.Object({ role_id: text }),
  body: Type.Object({
    role: Type.Object({
      name: Type.Optional(Type.String({ maxLength: 4096 })),
      description: Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'], maxLength: 4096 })),
      policy: Type.Optional(policySchema),
    }),
  }),
  response: { 200: Type.Object({ role: roleSchema }), ...identityErrors },
} as const;

/** `PATCH /v3/roles/{id}` */
export const updateRole: Operation = (server, { directory }) => {
  server.patch('/v3/roles/:role_id', { schema, config: { access: 'user' } }, async (request) => {
    const { name, description, policy } = request.body.role;
    const role = await directory.updateRole(request.params.role_id, {
      ...(name === undefined ? {} : { name }),
      ...(description === undefined ? {} : { description: description ?? '' }),
      ...(policy === undefined ? {} : { policy }),
    });
    return { role: roleJson(role, baseUrl(request)) };
  });
};
