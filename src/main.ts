import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { buildServer, renewCertificate } from './api/build-server.ts';
import type { ApiContext } from './api/context.ts';
import { oneAtATime } from './catalog/one-at-a-time.ts';
import { openCatalog } from './catalog/open-catalog.ts';
import { isLarderError, LarderError } from './core/errors.ts';
import { createAudit } from './engine/audit.ts';
import { createDirectory } from './engine/create-directory.ts';
import { createIdentity } from './engine/create-identity.ts';
import { createArchives } from './engine/export/archives.ts';
import { keystoneClient } from './engine/keystone/keystone-client.ts';
import { createKeystoneIdentity } from './engine/keystone/keystone-identity.ts';
import { createUseCases } from './engine/create-use-cases.ts';
import type { JobDeps } from './engine/engine-deps.ts';
import { firstStart } from './engine/first-start.ts';
import { createInstances } from './engine/instances/create-instances.ts';
import { keepInstances, stopInstances } from './engine/instances/keep-instances.ts';
import { keepArchives } from './engine/follow/keep-archives.ts';
import { keepPruning } from './engine/keep-pruning.ts';
import { keepSchedule } from './engine/keep-schedule.ts';
import { keepTidy } from './engine/keep-tidy.ts';
import { createMetrics } from './engine/metrics.ts';
import { ownRepository } from './engine/ownership/own-repository.ts';
import { repositoryConnection } from './engine/repository-connection.ts';
import { runTasksInThreads } from './engine/run-tasks-in-threads.ts';
import { startJobs } from './engine/start-jobs.ts';
import type { IdentityDeps } from './engine/tokens.ts';
import { openJobQueue } from './jobs/open-job-queue.ts';
import { systemClock } from './lib/clock.ts';
import { systemTimers } from './lib/timers.ts';
import { probeDeployment } from './mongo/probe-deployment.ts';
import { findMongod } from './provider/find-mongod.ts';
import { openInstanceProvider } from './open-instance-provider.ts';
import { openRepository } from './repository/open-repository.ts';
import { readSettings, type Settings } from './settings.ts';
import { startMessage } from './start-message.ts';
import { openStore } from './storage/open-store.ts';
import { readTlsFiles, watchTlsFiles, type TlsMaterial } from './tls-files.ts';
import { larderVersion } from './version.ts';

/** How long running jobs get to reach a point from which they can go on, milliseconds. */
const jobsStopLimit = 20_000;

export interface ServeOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Where `larder.yaml` may lie and relative paths start. */
  readonly folder: string;
  readonly stdout: { write(text: string): unknown };
}

/**
 * Starts the server and resolves once it was told to stop (SIGINT, SIGTERM) and has. Phases of the stop: no new requests, jobs back to
 * the queue, catalog and repository closed. Throws what keeps it from starting; then nothing stays open.
 */
export async function serve({ env, folder, stdout }: ServeOptions): Promise<void> {
  await using cleanup = new AsyncDisposableStack();
  const stopping = stopSignal();
  cleanup.defer(stopping.release);
  const settings = await readSettings({ env, folder });
  const log = pino({ level: 'info' }, pino.destination({ dest: 2, sync: true }));
  const clock = systemClock;
  const catalog = await openCatalog({
    dataFolder: settings.dataFolder,
    ...(settings.databaseUrl === null ? {} : { databaseUrl: settings.databaseUrl }),
    onError: (error) => log.warn({ err: error }, 'a catalog connection broke'),
  });
  cleanup.defer(() => catalog.close());
  const connection = await repositoryConnection(settings);
  const store = await openStore(settings.repositoryUrl, { clock });
  cleanup.defer(() => store.close());
  // Servers that start together on nothing must not each make a repository, of which only one stays.
  const { repository, owned, first } = await oneAtATime(catalog, async () => {
    const opened = await openRepository({ store, unlock: connection.unlock, clock, create: true });
    const owner = await ownRepository({ catalog, repository: opened, clock, log }, { signal: stopping.signal });
    cleanup.use(owner);
    const started = await firstStart(
      { catalog, repository: opened, clock, log },
      {
        region: settings.region,
        dataFolder: settings.dataFolder,
        ...(settings.adminPassword === null ? {} : { adminPassword: settings.adminPassword }),
      },
    );
    return { repository: opened, owned: owner, first: started };
  });
  const jobs = await openJobQueue(catalog.queueDatabase, {
    onError: (error) => log.warn({ err: error }, 'the job queue is in trouble'),
  });
  cleanup.defer(() => jobs.stop(jobsStopLimit));
  const drillFolder = join(settings.dataFolder, 'drills');
  // Of drills that a killed process held: their servers ended with it.
  await rm(drillFolder, { recursive: true, force: true });
  const metrics = createMetrics({ catalog, clock, log, store, version: larderVersion() });
  const provider = await openInstanceProvider(settings, { env, clock, log: (line) => log.info(line) });
  const deps: JobDeps = {
    catalog,
    jobs,
    repository,
    clock,
    probe: probeDeployment,
    provider,
    archivesOplog: settings.archiveSeconds > 0,
    log,
    repositoryConnection: connection,
    drills: {
      folder: drillFolder,
      findMongod: (signal) => findMongod({ env, signal, log: (line) => log.info(line) }),
    },
    runTask: owned.guarding(metrics.counting(runTasksInThreads({ workerUrl: threadModule('worker') }))),
  };
  if (settings.instances.stopWithLarder) cleanup.defer(() => stopInstances(deps));
  cleanup.use(keepInstances(deps, systemTimers));
  const running = await startJobs(deps);
  cleanup.defer(() => running.stop(jobsStopLimit));
  cleanup.use(keepPruning(deps, systemTimers));
  cleanup.use(keepTidy(deps, systemTimers, settings.auditDays));
  cleanup.use(keepSchedule(deps, systemTimers, metrics.scheduled));
  if (deps.archivesOplog) {
    cleanup.use(
      keepArchives(deps, systemTimers, {
        workerUrl: threadModule('follower'),
        intervalMs: settings.archiveSeconds * 1000,
        segmentBytes: settings.archiveMb * 1024 * 1024,
      }),
    );
  }
  const tls = settings.tls === null ? null : await readTlsFiles(settings.tls);
  const server = await buildServer({
    useCases: createUseCases(deps),
    instances: createInstances(deps),
    ...identityOf({ catalog, repository, clock }, settings),
    directory: createDirectory({ catalog, repository, clock }),
    audit: createAudit({ catalog, repository, clock }),
    archives: createArchives(deps, `larder-${larderVersion()}`),
    region: settings.region,
    clock,
    log,
    version: larderVersion(),
    rateLimits: settings.rateLimits,
    metrics: { source: metrics, token: settings.metricsToken },
    ...(tls === null ? {} : { tls }),
  });
  cleanup.defer(() => server.close());
  if (settings.tls !== null) {
    const renewed = (material: TlsMaterial): void => {
      renewCertificate(server, material);
      log.info('the certificate was read again');
    };
    cleanup.use(
      watchTlsFiles(settings.tls, { renewed, error: (error) => log.error({ err: error }, 'the certificate stays the old one') }),
    );
  }
  const address = await server.listen({ host: settings.host, port: settings.port }).catch((error: unknown) => {
    throw cannotListen(settings, error);
  });
  stdout.write(
    startMessage({
      address,
      dataFolder: settings.dataFolder,
      repository: store.location,
      passphrase: settings.repositoryPassphrase !== null,
      first,
      keystone: settings.keystone?.url ?? null,
    }),
  );
  const lost = await Promise.race([stopping.asked, owned.lost]);
  if (lost !== undefined) throw lost;
  stdout.write('Stopping: running jobs go on at the next start.\n');
}

/** Larder's own identity, or the outer Keystone's. */
function identityOf(deps: IdentityDeps, { keystone }: Settings): Pick<ApiContext, 'identity' | 'outerIdentity'> {
  if (keystone === null) return { identity: createIdentity(deps) };
  const { identity, outer } = createKeystoneIdentity(deps, { ask: keystoneClient(keystone.url), roles: keystone.roles });
  return { identity, outerIdentity: outer };
}

/** The module of a thread, beside this one: as source, or compiled. */
function threadModule(name: string): URL {
  return new URL(`./${name}.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);
}

/** Resolves at the first SIGINT or SIGTERM; the second one ends the process at once. */
function stopSignal(): { readonly asked: Promise<void>; readonly signal: AbortSignal; release(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = new AbortController();
  const listener = (): void => {
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
    resolve();
  };
  process.on('SIGINT', listener).on('SIGTERM', listener);
  return { asked: promise, signal: stop.signal, release: () => void process.off('SIGINT', listener).off('SIGTERM', listener) };
}

function cannotListen({ host, port }: Settings, cause: unknown): LarderError {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === 'EADDRINUSE')
    return new LarderError(
      'invalid-setting',
      `LARDER_PORT is ${port}, which another program listens on at ${host}; choose a free port.`,
      { cause },
    );
  if (code === 'EACCES')
    return new LarderError(
      'invalid-setting',
      `LARDER_PORT is ${port}, which this user may not listen on; choose one above 1023.`,
      { cause },
    );
  return new LarderError(
    'invalid-setting',
    `LARDER_HOST is ${host}, which is no address of this machine (${code ?? 'unknown reason'}).`,
    { cause },
  );
}

if (import.meta.main) {
  try {
    await serve({ env: process.env, folder: process.cwd(), stdout: process.stdout });
  } catch (error) {
    // What Larder itself refuses is said in one line; anything else is a bug and shows where it comes from.
    process.stderr.write(
      isLarderError(error) ? `larder: ${error.message}\n` : `larder: ${error instanceof Error ? error.stack : String(error)}\n`,
    );
    process.exitCode = isLarderError(error) && error.kind === 'invalid' ? 2 : 1;
  }
}
