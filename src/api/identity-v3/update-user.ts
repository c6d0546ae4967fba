import { Type } from 'typebox';
import { baseUrl } from '../base-url.ts';
import type { Operation } from '../context.ts';
import { identityErrors, text } from '../fields.ts';
import { principalOf } from '../principal.ts';
import { accountFields, domainOf, inDomain, passwordField, readAccount } from './account-fields.ts';
import { userJson, userSchema } from './user-json.ts';

const schema = {
  operationId: 'updateUser',
  summary: 'Rename, describe, disable or enable a user, or set the password',
  tags: ['identity'],
  params: Type.Object({ user_id: text }),
  body: Type.Object({
    user: Type.Object({
      name: Type.Optional(Type.String({ maxLength: 4096 })),
      password: Type.Optional(passwordField),
      ...accountFields,
      ...inDomain,
    }),
  }),
  response: { 200: Type.Object({ user: userSchema }), ...identityErrors },
} as const;

/** `PATCH /v3/users/{id}` */
export const updateUser: Operation = (server, { directory }) => {
  server.patch('/v3/users/:user_id', { schema, config: { access: 'user' } }, async (request) => {
    const { password, domain_id: asked, ...fields } = request.body.user;
    const user = await directory.updateUser(domainOf(principalOf(request), asked), request.params.user_id, {
      ...readAccount(fields),
      ...(password === undefined ? {} : { password }),
    });
    return { user: userJson(user, baseUrl(request)) };
  });
};
