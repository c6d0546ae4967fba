import { randomUUID } from 'node:crypto';
import { Server } from 'node:https';
import swagger from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { fastify, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { addAudit } from './audit-requests.ts';
import { addAuthentication } from './authenticate.ts';
import { answerBrokenRequest } from './client-errors.ts';
import { closeUnused } from './close-unused.ts';
import type { ApiContext } from './context.ts';
import { ddsV3Operations } from './dds-v3/operations.ts';
import { TransportError } from './errors.ts';
import { identityV3Operations } from './identity-v3/operations.ts';
import { outerIdentityOperations } from './identity-v3/outer-operations.ts';
import { parseJsonBody } from './json-body.ts';
import { larderV1Operations } from './larder-v1/operations.ts';
import { limitAddresses, limitUsers, type RateLimits } from './limit-rates.ts';
import { limitRequestTime } from './limit-request-time.ts';
import { measureRequests } from './measure-requests.ts';
import { openapiDocument } from './openapi-document.ts';
import { parseQuery } from './query.ts';
import { watchMethods } from './refuse-methods.ts';
import { addRequestLog, quietLogController, redactedPaths } from './request-log.ts';
import { sendError } from './send-error.ts';
import { compileValidator } from './validation.ts';

/** The part of a pino logger that is needed. */
export interface ParentLogger extends FastifyBaseLogger {
  child(bindings: Record<string, unknown>, options?: Record<string, unknown>): ParentLogger;
}

export interface ServerOptions extends ApiContext {
  /** A pino logger; what could be secret is redacted in whatever the API logs. Without it nothing is logged. */
  readonly log?: ParentLogger;
  /** Largest body in bytes, 1 MiB if not given. */
  readonly bodyLimit?: number;
  /** Milliseconds a client may take to send its headers (10 s), and then a short body (30 s), if not given. */
  readonly headersTimeout?: number;
  readonly requestTimeout?: number;
  /** Certificate and key: the server then speaks TLS and nothing else. */
  readonly tls?: TlsMaterial;
  /** None if not given. */
  readonly rateLimits?: RateLimits;
}

/** In PEM. */
interface TlsMaterial {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** The largest body that any call needs is a few hundred bytes. */
const defaultBodyLimit = 1_048_576;

/**
 * The HTTP server: all operations, not listening yet. Every answer, also to what is not a valid request, carries X-Request-Id
 * and every refusal the documented body. `close()` lets running requests finish and answers further ones with 503.
 */
export async function buildServer(options: ServerOptions): Promise<FastifyInstance> {
  const { headersTimeout = 10_000, requestTimeout = 30_000 } = options;
  const connections = {
    headersTimeout,
    // How late the two limits may strike.
    connectionsCheckingInterval: Math.min(1000, headersTimeout),
    // Node would answer such a request itself, with an empty body.
    requireHostHeader: false,
  };
  // Fastify types servers with TLS apart, although nothing here sees the difference.
  const transport = (options.tls === undefined ? { http: connections } : { https: { ...connections, ...options.tls } }) as {
    readonly http: typeof connections;
  };
  const server = fastify({
    ...(options.log === undefined ? {} : { loggerInstance: options.log.child({}, { redact: redactedPaths }) }),
    logController: quietLogController,
    genReqId: newRequestId,
    requestIdHeader: false,
    bodyLimit: options.bodyLimit ?? defaultBodyLimit,
    // `limitRequestTime` does it.
    requestTimeout: 0,
    keepAliveTimeout: 72_000,
    ...transport,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 256, querystringParser: parseQuery },
    frameworkErrors: (error, request, reply) => void sendError(error, request, reply),
    clientErrorHandler: (error, socket) => answerBrokenRequest(error, socket, newRequestId()),
  }).withTypeProvider<TypeBoxTypeProvider>();

  server.server.on('checkExpectation', (request, response) => {
    // Only 100-continue exists; a client that expects something else is served as if it had not asked.
    server.routing(request, response);
  });
  server.server.on('connect', (_request, socket) => {
    answerBrokenRequest(new Error('CONNECT'), socket, newRequestId());
  });

  server.setValidatorCompiler(compileValidator);
  // Answers are built by typed code and checked against the schemas in the tests; a serializer that drops or converts
  // fields would hide mistakes.
  server.setSerializerCompiler(() => (data) => JSON.stringify(data));
  server.setErrorHandler((error, request, reply) => sendError(error, request, reply));
  server.setNotFoundHandler(() => {
    // Never reached: the first hook refuses.
  });

  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  let closing = false;
  server.addHook('preClose', async () => {
    closing = true;
  });
  server.addHook('onRequest', async (request, reply) => {
    reply.header('X-Request-Id', request.id);
    if (closing) {
      reply.header('Connection', 'close');
      throw new TransportError('closing', 'The server is shutting down.');
    }
  });
  server.addHook('onSend', async (_request, reply) => {
    // Fastify adds a charset, which JSON does not have and the documented answers do not show.
    if (String(reply.getHeader('Content-Type')).startsWith('application/json')) reply.header('Content-Type', 'application/json');
  });
  closeUnused(server);
  limitRequestTime(server, requestTimeout);
  addRequestLog(server);
  measureRequests(server, options.metrics?.source);
  addAudit(server, options);
  const limits = options.rateLimits ?? { perAddress: null, perUser: null };
  limitAddresses(server, limits, options.clock);
  addAuthentication(server, options);
  limitUsers(server, limits, options.clock);
  server.addHook('preValidation', async (request) => {
    if (!Buffer.isBuffer(request.body)) return;
    request.body = parseJsonBody(request.body, request.headers['content-type'], request.headers['content-encoding']);
  });

  const methods = watchMethods(server);
  await server.register(swagger, openapiDocument(options.version));
  const { outerIdentity } = options;
  const identityOperations = outerIdentity === undefined ? identityV3Operations : outerIdentityOperations(outerIdentity);
  for (const add of [...identityOperations, ...ddsV3Operations, ...larderV1Operations]) await add(server, options);
  methods.finish();
  await server.ready();
  return server;
}

/** From the next connection on the server, if it speaks TLS, uses this certificate. */
export function renewCertificate({ server }: FastifyInstance, tls: TlsMaterial): void {
  if (server instanceof Server) server.setSecureContext(tls);
}

function newRequestId(): string {
  return randomUUID().replaceAll('-', '');
}
