import { Type } from 'typebox';
import { baseUrl } from '../base-url.ts';
import type { Operation } from '../context.ts';
import { identityErrors } from '../fields.ts';
import { principalOf } from '../principal.ts';
import { accountQuery, domainOf, readFilter } from './account-fields.ts';
import { linksJson, linksSchema } from './links-json.ts';
import { userJson, userSchema } from './user-json.ts';

const schema = {
  operationId: 'listUsers',
  summary: 'List the users of the domain',
  tags: ['identity'],
  querystring: accountQuery,
  response: { 200: Type.Object({ users: Type.Array(userSchema), links: linksSchema }), ...identityErrors },
} as const;

/** `GET /v3/users` */
export const listUsers: Operation = (server, { directory }) => {
  server.get('/v3/users', { schema, config: { access: 'user' } }, async (request) => {
    const { domain_id: asked, ...filter } = request.query;
    const users = await directory.listUsers(domainOf(principalOf(request), asked), readFilter(filter));
    return { users: users.map((user) => userJson(user, baseUrl(request))), links: linksJson(request) };
  });
};
