import { baseUrl } from '../base-url.ts';
import type { Operation } from '../context.ts';
import { identityErrors } from '../fields.ts';
import { parseQuery, rawQueryOf } from '../query.ts';
import { catalogJson } from './catalog-json.ts';
import { subjectToken } from './subject-token.ts';
import { tokenJson, tokenSchema } from './token-json.ts';

const schema = {
  operationId: 'showToken',
  summary: 'Check a token',
  tags: ['identity'],
  response: { 200: tokenSchema, ...identityErrors },
} as const;

/** `GET /v3/auth/tokens`, and HEAD. One client takes the token from the answer's header again, so it is sent back. */
export const showToken: Operation = (server, { identity, region }) => {
  server.get('/v3/auth/tokens', { schema, config: { access: 'user' } }, async (request, reply) => {
    const { text, token } = await subjectToken(identity, request);
    const unwanted = 'nocatalog' in parseQuery(rawQueryOf(request.url)) || (token.project === null && token.domain === null);
    const catalog = unwanted ? null : catalogJson(baseUrl(request), region, token.project?.id ?? null);
    return reply.header('X-Subject-Token', text).send(tokenJson(token, catalog));
  });
};
