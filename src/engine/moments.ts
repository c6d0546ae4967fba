import { LarderError } from '../core/errors.ts';
import type { JobDeps } from './engine-deps.ts';
import type { PointPlan } from './plan-point-in-time.ts';
import type { Outline } from './tasks.ts';

/** Points read at the same time: each takes a thread. */
const mostAtOnce = 2;
/** How long somebody who asks is kept waiting, and how long the reading goes on for whoever asks again. Milliseconds. */
const usualWaitMs = 25_000;
const readingLimitMs = 30 * 60_000;
/** What is kept of points that were read, roughly, in bytes. */
const mostKept = 32 * 1024 * 1024;
/** What a collection takes in memory besides its definitions: about so much. */
const bytesPerCollection = 500;

/** Tells what instances held at points in time. */
export interface Moments {
  /**
   * The image of the point, without its layers, and what is replayed for it. It never changes, so it is read once and kept for a while. `still-reading` if the way to
   * the point is so long that the answer cannot be waited for: asked again later, it goes on where it is. Else the errors of replaying:
   * `not-replayable`, `oplog-gap`, `object-corrupt`, `backup-not-found`.
   */
  outline(projectId: string, plan: PointPlan): Promise<Outline>;
}

export interface MomentsOptions {
  readonly waitMs?: number;
}

/** Moments of the repository, each found out by a task. Memory and threads are bounded, however many ask for however many points. */
export function createMoments(
  { runTask, repositoryConnection }: Pick<JobDeps, 'runTask' | 'repositoryConnection'>,
  { waitMs = usualWaitMs }: MomentsOptions = {},
): Moments {
  const kept = new KeptOutlines();
  const reading = new Map<string, Promise<Outline>>();

  const read = (key: string, projectId: string, { backupId, pointInTime }: PointPlan): Promise<Outline> => {
    const task = { kind: 'outline', repository: repositoryConnection, projectId, backupId, pointInTime } as const;
    const outline = runTask<'outline'>(task, { signal: AbortSignal.timeout(readingLimitMs), report: () => undefined })
      .then((manifest) => {
        kept.add(key, manifest);
        return manifest;
      })
      .finally(() => reading.delete(key));
    // Whoever asked may have gone.
    outline.catch(() => undefined);
    reading.set(key, outline);
    return outline;
  };

  return {
    async outline(projectId, plan) {
      const key = keyOf(projectId, plan);
      const patience = AbortSignal.timeout(waitMs);
      while (!patience.aborted) {
        const known = kept.get(key);
        if (known !== undefined) return known;
        const running = reading.get(key);
        if (running !== undefined || reading.size < mostAtOnce)
          return untilAborted(running ?? read(key, projectId, plan), patience);
        await untilAborted(Promise.race(reading.values()).then(ignore, ignore), patience);
      }
      throw stillReading();
    },
  };
}

/** The outlines that were asked for last. */
class KeptOutlines {
  readonly #outlines = new Map<string, { readonly manifest: Outline; readonly bytes: number }>();
  #bytes = 0;

  get(key: string): Outline | undefined {
    const found = this.#outlines.get(key);
    if (found === undefined) return undefined;
    this.#outlines.delete(key);
    this.#outlines.set(key, found);
    return found.manifest;
  }

  add(key: string, manifest: Outline): void {
    const bytes = weigh(manifest);
    if (bytes > mostKept) return;
    this.#outlines.set(key, { manifest, bytes });
    this.#bytes += bytes;
    for (const [oldest, outline] of this.#outlines) {
      if (this.#bytes <= mostKept) return;
      this.#outlines.delete(oldest);
      this.#bytes -= outline.bytes;
    }
  }
}

function keyOf(projectId: string, { backupId, pointInTime: { instanceId, timeline, point, olderBases } }: PointPlan): string {
  return JSON.stringify([projectId, backupId, instanceId, timeline, point.t, point.i, olderBases]);
}

function weigh({ collections, views }: Outline): number {
  const definitions = [...collections, ...views].map(
    ({ options, indexes }) => options.length + indexes.reduce((sum, index) => sum + index.length, 0) + bytesPerCollection,
  );
  return definitions.reduce((sum, bytes) => sum + bytes, 0);
}

async function untilAborted<T>(work: Promise<T>, patience: AbortSignal): Promise<T> {
  const over = Promise.withResolvers<never>();
  const end = (): void => over.reject(stillReading());
  patience.addEventListener('abort', end);
  try {
    return await Promise.race([work, over.promise]);
  } finally {
    patience.removeEventListener('abort', end);
  }
}

const ignore = (): void => undefined;

function stillReading(): LarderError {
  return new LarderError('still-reading', 'The archived oplog up to that time is still being read. Ask again in a minute.', {
    retryable: true,
  });
}
