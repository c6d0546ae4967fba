import { Type } from 'typebox';
import { baseUrl } from '../base-url.ts';
import type { Operation } from '../context.ts';
import { identityErrors } from '../fields.ts';
import { principalOf } from '../principal.ts';
import { accountFields, domainOf, inDomain, passwordField, readAccount } from './account-fields.ts';
import { userJson, userSchema } from './user-json.ts';

const schema = {
  operationId: 'createUser',
  summary: 'Create a user',
  tags: ['identity'],
  body: Type.Object({
    user: Type.Object({
      name: Type.String({ maxLength: 4096 }),
      password: Type.Optional(passwordField),
      ...accountFields,
      ...inDomain,
    }),
  }),
  response: { 201: Type.Object({ user: userSchema }), ...identityErrors },
} as const;

/** `POST /v3/users` */
export const createUser: Operation = (server, { directory }) => {
  server.post('/v3/users', { schema, config: { access: 'user' } }, async (request, reply) => {
    const { name, password, domain_id: asked, ...fields } = request.body.user;
    const user = await directory.createUser(domainOf(principalOf(request), asked), {
      ...readAccount(fields),
      name,
      ...(password === undefined ? {} : { password }),
    });
    return reply.code(201).send({ user: userJson(user, baseUrl(request)) });
  });
};
