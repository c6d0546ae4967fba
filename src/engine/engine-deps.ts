import type { Catalog } from '../catalog/open-catalog.ts';
import type { ProbeDeployment } from '../core/deployment.ts';
import type { JobQueue } from '../jobs/port.ts';
import type { Clock } from '../lib/clock.ts';
import type { InstanceProvider } from '../provider/instance-provider.ts';
import type { MongodBinary } from '../provider/mongod-binary.ts';
import type { Repository, RepositoryConnection } from '../repository/port.ts';
import type { RunTask } from './tasks.ts';

/** What the engine says about itself while it works. Fields never hold secrets. A pino logger is one of these. */
export interface EngineLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Everything the use cases stand on. */
export interface EngineDeps {
  readonly catalog: Catalog;
  readonly jobs: JobQueue;
  readonly repository: Repository;
  readonly clock: Clock;
  readonly probe: ProbeDeployment;
  /** Runs the instances that Larder starts itself. */
  readonly provider: InstanceProvider;
  /** Whether the oplog of replica sets is archived while their policy is on. */
  readonly archivesOplog: boolean;
  readonly log: EngineLog;
}

/** Where and with what drills are held. */
export interface DrillPlace {
  /** Each drill has a folder of its own in it, and removes it. */
  readonly folder: string;
  /** `mongod-unavailable` where this machine has none and can get none. */
  findMongod(signal: AbortSignal): Promise<MongodBinary>;
}

/** What running jobs needs besides. */
export interface JobDeps extends EngineDeps {
  readonly repositoryConnection: RepositoryConnection;
  readonly runTask: RunTask;
  readonly drills: DrillPlace;
  /** Seconds to wait before the second, third, … try after a failure that may pass; its length bounds the tries. */
  readonly retryDelaysSeconds?: readonly number[];
}
