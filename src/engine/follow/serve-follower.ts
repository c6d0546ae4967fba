import type { Clock } from '../../lib/clock.ts';
import type { Timers } from '../../lib/timers.ts';
import type { OplogArchive, Repository } from '../../repository/port.ts';
import type { FollowOrder, FollowReport, FollowSettings } from './follow-messages.ts';
import { followOplog } from './follow-oplog.ts';

export interface FollowerDeps {
  readonly settings: FollowSettings;
  /** Opens the repository; asked again after a failure. */
  readonly openRepository: () => Promise<Repository>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly report: (instanceId: string, report: FollowReport) => void;
}

/** Follows many instances at a time, in one thread. */
export interface Follower {
  /** From now on exactly these instances are followed. */
  follow(orders: readonly FollowOrder[]): void;
  /** Ends all; resolves once nothing is written any more. */
  stop(): Promise<void>;
}

interface Running {
  order: FollowOrder;
  /** By the thread's own monotonic clock: the server may be held up, and somebody else takes over. */
  leaseUntil: number;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

const leaseCheckMs = 1_000;

/** What the follower thread does. Orders whose lease is not renewed in time end by themselves. */
export function createFollower({ settings, openRepository, clock, timers, report }: FollowerDeps): Follower {
  const running = new Map<string, Running>();
  let repository: Promise<Repository> | null = null;

  const openArchive = async ({ projectId, instanceId }: FollowOrder): Promise<OplogArchive> => {
    repository ??= openRepository();
    try {
      return (await repository).project(projectId).oplog(instanceId);
    } catch (error) {
      repository = null;
      throw error;
    }
  };
  const end = async (instanceId: string): Promise<void> => {
    const ending = running.get(instanceId);
    running.delete(instanceId);
    ending?.stop.abort();
    await ending?.ended;
  };
  const begin = (order: FollowOrder): void => {
    const stop = new AbortController();
    const { instanceId } = order;
    const known = (): FollowOrder => running.get(instanceId)?.order ?? order;
    const ended = followOplog({
      ...settings,
      openArchive: () => openArchive(order),
      order: known,
      clock,
      timers,
      report: (what) => report(instanceId, what),
      signal: stop.signal,
    });
    running.set(instanceId, { order, leaseUntil: performance.now() + order.leaseMs, stop, ended });
  };
  const watch = setInterval(() => {
    for (const [instanceId, { leaseUntil }] of running) if (performance.now() > leaseUntil) void end(instanceId);
  }, leaseCheckMs);

  return {
    follow(orders) {
      const wanted = new Set(orders.map(({ instanceId }) => instanceId));
      for (const instanceId of running.keys()) if (!wanted.has(instanceId)) void end(instanceId);
      for (const order of orders) {
        const known = running.get(order.instanceId);
        if (known === undefined) begin(order);
        else {
          // A changed address is used when the next member is chosen.
          known.order = order;
          known.leaseUntil = performance.now() + order.leaseMs;
        }
      }
    },
    async stop() {
      clearInterval(watch);
      await Promise.all([...running.keys()].map(end));
      await repository?.then((opened) => opened.close()).catch(() => undefined);
    },
  };
}
