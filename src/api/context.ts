import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { Audit } from '../engine/audit.ts';
import type { Directory } from '../engine/directory.ts';
import type { Archives } from '../engine/export/archives.ts';
import type { Metrics } from '../engine/metrics.ts';
import type { OuterIdentity } from '../engine/keystone/keystone-identity.ts';
import type { Instances } from '../engine/instances/instances.ts';
import type { Identity, UseCases } from '../engine/use-cases.ts';
import type { Clock } from '../lib/clock.ts';

/** What every operation is given. */
export interface ApiContext {
  readonly useCases: UseCases;
  readonly instances: Instances;
  readonly identity: Identity;
  readonly directory: Directory;
  readonly audit: Audit;
  readonly archives: Archives;
  /** Given where an outer Keystone is the authority; `identity` then is over it, and `directory` is not asked. */
  readonly outerIdentity?: OuterIdentity;
  /** Region of the service catalog; clients look for exactly this word. */
  readonly region: string;
  readonly clock: Clock;
  /** Larder's own version. */
  readonly version: string;
  /** Without it there are none. `token`: what who reads them must send; null: only this machine may. */
  readonly metrics?: { readonly source: Metrics; readonly token: string | null };
}

/** Fastify with request and answer types taken from the schemas. */
export type ApiServer = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** Adds one operation to the server. */
export type Operation = (server: ApiServer, context: ApiContext) => void | Promise<void>;
