import { Type } from 'typebox';
import { baseUrl } from '../base-url.ts';
import type { Operation } from '../context.ts';
import { identityErrors, text } from '../fields.ts';
import { principalOf } from '../principal.ts';
import { userJson, userSchema } from './user-json.ts';

const schema = {
  operationId: 'showUser',
  summary: 'Show a user',
  tags: ['identity'],
  params: Type.Object({ user_id: text }),
  response: { 200: Type.Object({ user: userSchema }), ...identityErrors },
} as const;

/** `GET /v3/users/{id}` */
export const showUser: Operation = (server, { directory }) => {
  server.get('/v3/users/:user_id', { schema, config: { access: 'user' } }, async (request) => {
    const user = await directory.showUser(principalOf(request).domain.id, request.params.user_id);
    return { user: userJson(user, baseUrl(request)) };
  });
};
