import { startCompanion } from '../../jobs/companion-thread.ts';
import type { Timers } from '../../lib/timers.ts';
import type { JobDeps } from '../engine-deps.ts';
import type { InstanceRow } from '../instance-from-row.ts';
import { newHexId } from '../new-id.ts';
import { sealedContexts } from '../sealed-contexts.ts';
import { archiveBriefs, type ArchiveBrief } from './archive-briefs.ts';
import { holdLeases, instancesToFollow, leaseMs, releaseLeases } from './follow-leases.ts';
import type { FollowOrder, FromFollower, ToFollower } from './follow-messages.ts';
import { noteReport } from './note-report.ts';
import { requestBase } from './request-base.ts';

type ArchiveDeps = Pick<JobDeps, 'catalog' | 'repository' | 'repositoryConnection' | 'clock' | 'log'>;

export interface KeepArchives {
  /** The module the thread runs. */
  readonly workerUrl: URL;
  /** How often what was written is archived, milliseconds, and the bytes that close a segment. */
  readonly intervalMs: number;
  readonly segmentBytes: number;
  /** How often is looked which instances are to be followed, milliseconds. */
  readonly roundMs?: number;
}

const defaultRoundMs = 5_000;
const stopLimitMs = 10_000;

/** The only process that may use an embedded catalog: what an earlier one held is its own. */
const onlyHolder = 'this installation';

/**
 * Archives the oplogs of all instances whose policy is on, in one thread, until disposed. Several servers on one catalog share the work:
 * each instance is followed by one of them, and taken over half a minute after that one fell silent. A round that fails is logged and the
 * next one comes; what the thread was told before holds until its lease is over.
 */
export function keepArchives(deps: ArchiveDeps, timers: Timers, options: KeepArchives): AsyncDisposable {
  const { catalog, clock, log, repositoryConnection } = deps;
  const { db } = catalog;
  const { intervalMs, segmentBytes } = options;
  const holder = catalog.kind === 'embedded' ? onlyHolder : newHexId();
  const stop = new AbortController();
  const projects = new Map<string, string>();
  /** Reports are written down one after the other. */
  let writing: Promise<void> = Promise.resolve();
  const onMessage = (received: unknown): void => {
    const message = received as FromFollower;
    if (message.type !== 'report') return;
    const { instanceId, report } = message;
    const projectId = projects.get(instanceId);
    if (projectId === undefined) return;
    writing = writing
      .then(() => noteReport(deps, { projectId, instanceId, holder }, report))
      .catch((error: unknown) => log.warn({ err: error, instanceId }, 'how far an oplog is archived could not be noted'));
  };
  const thread = startCompanion({
    workerUrl: options.workerUrl,
    first: { type: 'begin', settings: { repository: repositoryConnection, intervalMs, segmentBytes } } satisfies ToFollower,
    onMessage,
    onDeath: (reason) => log.error({ reason }, 'the thread that archives oplogs failed and is replaced'),
  });
  const round = async (): Promise<void> => {
    const instances = await instancesToFollow(db);
    const ids = instances.map(({ id }) => id);
    const held = await holdLeases(db, ids, holder);
    const briefs = await archiveBriefs(db, [...held]);
    const orders = instances.flatMap((instance) => {
      const brief = briefs.get(instance.id);
      return brief === undefined ? [] : [orderFor(deps, instance, brief)];
    });
    for (const { instanceId, projectId } of orders) projects.set(instanceId, projectId);
    await releaseLeases(db, holder, [...held]);
    if (stop.signal.aborted || (orders.length === 0 && projects.size === 0)) return;
    thread.say({ type: 'orders', orders } satisfies ToFollower);
    for (const [instanceId, { mayNeedBase }] of briefs)
      if (mayNeedBase && (await requestBase(db, instanceId, clock.now())))
        log.info({ instanceId }, 'the archived oplog needs a new image to begin at');
  };
  const rounds = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await round().catch((error: unknown) => log.warn({ err: error }, 'oplogs could not be looked after'));
      await timers.sleep(options.roundMs ?? defaultRoundMs, stop.signal);
    }
  };
  const running = rounds();
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
      await thread.stop({ type: 'stop' } satisfies ToFollower, stopLimitMs);
      await writing;
      await releaseLeases(db, holder, []).catch(() => undefined);
    },
  };
}

function orderFor({ repository }: ArchiveDeps, instance: InstanceRow, { base, restoredAt }: ArchiveBrief): FollowOrder {
  return {
    projectId: instance.project_id,
    instanceId: instance.id,
    uri: repository.openSecret(instance.sealed_uri, sealedContexts.instanceUri(instance.id)),
    leaseMs,
    base,
    restoredAt: restoredAt?.toISOString() ?? null,
  };
}
