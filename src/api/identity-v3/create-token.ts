import { Type, type Static } from 'typebox';
import { isLarderError, LarderError } from '../../core/errors.ts';
import type { Scope, Token } from '../../engine/use-cases.ts';
import { baseUrl } from '../base-url.ts';
import type { Operation } from '../context.ts';
import { identityErrors, text } from '../fields.ts';
import { parseQuery, rawQueryOf } from '../query.ts';
import { catalogJson } from './catalog-json.ts';
import { nameOrIdSchema, readNameOrId, readScope, scopeSchema } from './scope.ts';
import { tokenJson, tokenSchema } from './token-json.ts';

const schema = {
  operationId: 'createToken',
  summary: 'Get a token for a password, or a new one for a token',
  tags: ['identity'],
  security: [],
  body: Type.Object({
    auth: Type.Object({
      identity: Type.Object({
        methods: Type.Array(Type.String(), { minItems: 1 }),
        password: Type.Optional(
          Type.Object({
            user: Type.Object({
              id: Type.Optional(text),
              name: Type.Optional(text),
              password: Type.String({ maxLength: 4096 }),
              domain: Type.Optional(nameOrIdSchema),
            }),
          }),
        ),
        token: Type.Optional(Type.Object({ id: Type.String({ maxLength: 4096 }) })),
      }),
      scope: Type.Optional(scopeSchema),
    }),
  }),
  response: { 201: tokenSchema, ...identityErrors },
} as const;

/** `POST /v3/auth/tokens` */
export const createToken: Operation = (server, { identity, region }) => {
  server.post('/v3/auth/tokens', { schema, config: { access: 'open' } }, async (request, reply) => {
    const { identity: proof, scope } = request.body.auth;
    const token = await login(proof, readScope(scope)).catch((error: unknown) => {
      if (!isLarderError(error, 'project-not-found')) throw error;
      throw new LarderError('unauthenticated', 'The scope names no project of this user.', { cause: error });
    });
    const { user, project } = token;
    request.principal = { userId: user.id, userName: user.name, domain: user.domain, project, token };
    const unwanted = 'nocatalog' in parseQuery(rawQueryOf(request.url)) || isUnscoped(token);
    const catalog = unwanted ? null : catalogJson(baseUrl(request), region, token.project?.id ?? null);
    return reply.code(201).header('X-Subject-Token', token.token).send(tokenJson(token, catalog));
  });

  function login(
    proof: Static<typeof schema.body>['auth']['identity'],
    scope: Scope,
  ): Promise<Token & { readonly token: string }> {
    if (proof.methods.includes('password')) {
      const user = proof.password?.user;
      if (user === undefined) throw new LarderError('malformed-request', 'auth.identity.password.user is missing.');
      const { domain, password } = user;
      const named = readNameOrId(user, 'auth.identity.password.user');
      const inDomain =
        domain === undefined || 'id' in named ? {} : { domain: readNameOrId(domain, 'auth.identity.password.user.domain') };
      return identity.loginWithPassword({ user: { ...named, ...inDomain }, password }, scope);
    }
    if (proof.methods.includes('token')) {
      if (proof.token === undefined) throw new LarderError('malformed-request', 'auth.identity.token.id is missing.');
      return identity.loginWithToken(proof.token.id, scope);
    }
    throw new LarderError('malformed-request', 'auth.identity.methods must contain password or token.');
  }
};

function isUnscoped(token: Token): boolean {
  return token.project === null && token.domain === null;
}
