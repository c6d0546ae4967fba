import { setTimeout as delay } from 'node:timers/promises';
import type { MongoClient } from 'mongodb';
import type { Clock } from '../../lib/clock.ts';
import { oldestOplogEntry, readMemberLoad, type MemberLoad } from '../../mongo/member-load.ts';
import { listMembers, majorityOpTime } from '../../mongo/members.ts';
import type { TransferProgress } from '../transfer-progress.ts';
import type { LoadSample } from './ease-off.ts';
import type { Pace } from './pace.ts';

/** Milliseconds between two looks at the member. */
const interval = 1_000;
/** Reads of others, since the look before, below which their average says nothing. */
const fewReads = 10;

export interface WatchMember {
  readonly client: MongoClient;
  /** `host:port` as the set knows it. */
  readonly member: string;
  readonly progress: TransferProgress;
  readonly pace: Pace;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** What was counted at one look. */
interface Look {
  readonly at: number;
  readonly load: MemberLoad;
  readonly answers: number;
  readonly answerTime: number;
  readonly bytes: number;
  readonly lag: number;
}

/**
 * Looks once a second how the member fares while it is read, makes the pace follow, and shows in the progress how far the oplog has
 * been followed. Where the user may not ask for the load there is no automatic pace, and nothing fails. Ends when it is disposed.
 */
export function watchMember(watch: WatchMember): AsyncDisposable {
  const stop = new AbortController();
  const signal = AbortSignal.any([watch.signal, stop.signal]);
  const watching = repeat(watch, signal);
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await watching;
      watch.pace.forget();
    },
  };
}

async function repeat(watch: WatchMember, signal: AbortSignal): Promise<void> {
  let first: Look | null = null;
  let before: Look | null = null;
  while (!signal.aborted) {
    const look = await takeLook(watch, signal).catch(() => null);
    if (look !== null) {
      first ??= look;
      if (before !== null && look.at > before.at) watch.pace.adapt(sampleOf(before, look, first));
      before = look;
    }
    await showSource(watch, signal).catch(() => undefined);
    await delay(interval, undefined, { signal }).catch(() => undefined);
  }
}

async function takeLook({ client, member, progress, clock }: WatchMember, signal: AbortSignal): Promise<Look> {
  // An answer to us between the two counts looks like somebody else's; the few that can be are too few to say anything.
  const { answers, answerTime, bytes } = progress;
  const load = await readMemberLoad(client, signal);
  const lag = (await listMembers(client, signal)).find(({ host }) => host === member)?.lag ?? 0;
  return { at: clock.now().getTime(), load, answers, answerTime, bytes, lag: Number.isFinite(lag) ? lag : 0 };
}

function sampleOf(before: Look, now: Look, first: Look): LoadSample {
  const reads = now.load.reads - before.load.reads - (now.answers - before.answers);
  const time = now.load.readTime - before.load.readTime - (now.answerTime - before.answerTime);
  return {
    readLatency: reads < fewReads ? null : Math.max(0, time) / reads,
    cacheUsed: now.load.cacheUsed,
    cacheDirty: now.load.cacheDirty,
    lagGrowth: now.lag - first.lag,
    bytesPerSecond: ((now.bytes - before.bytes) * 1000) / (now.at - before.at),
  };
}

async function showSource({ client, progress }: WatchMember, signal: AbortSignal): Promise<void> {
  const { followedTo } = progress;
  if (followedTo === null) return;
  const newest = await majorityOpTime(client, signal);
  const oldest = await oldestOplogEntry(client, signal).catch(() => null);
  progress.observe({
    lag: Math.max(0, newest.t - followedTo),
    window: oldest === null ? null : Math.max(0, followedTo - oldest),
  });
}
