import { PgBoss, fromKysely, fromPglite, type ConstructorOptions } from 'pg-boss';
import type { QueueDatabase } from '../catalog/open-catalog.ts';
import { LarderError } from '../core/errors.ts';
import type { DeliveryState, JobLane, JobQueue } from './port.ts';

export interface JobQueueOptions {
  /** A worker that gave no sign of life for so long has lost its delivery. At least 10. */
  readonly heartbeatSeconds?: number;
  /** How often lost deliveries are looked for. */
  readonly watchSeconds?: number;
  /** Told about trouble of the queue itself; it goes on by itself afterwards. */
  readonly onError?: (error: unknown) => void;
}

const lanes: readonly JobLane[] = ['long', 'short', 'servers'];
const queueName = (lane: JobLane): string => `larder-${lane}`;

const day = 86_400;

/** The longest the queue allows; a job that needs more is handed out again and goes on with what is stored already. */
const longestDelivery = day;
/** Kept this long while nobody works on them: a server that was off for weeks still finds its jobs. */
const longestWait = 365 * day;
/** Hand-overs of one delivery after lost workers. The job's own row has the tighter bounds; this ends what even those miss. */
const redeliveries = 25;

interface Payload {
  readonly jobId: string;
}

/** The queue over the catalog's database, in a schema of its own that is made or brought up to date here. `catalog-unavailable`. */
export async function openJobQueue(database: QueueDatabase, options: JobQueueOptions = {}): Promise<JobQueue> {
  const watchSeconds = options.watchSeconds ?? 10;
  const place: ConstructorOptions =
    database.kind === 'embedded'
      ? { db: fromPglite(database.pglite), backend: 'pglite' }
      : { connectionString: database.url, max: 4, application_name: 'larder-queue', backend: 'postgres' };
  const boss = new PgBoss({
    ...place,
    schema: 'larder_queue',
    schedule: false,
    useListenNotify: true,
    superviseIntervalSeconds: watchSeconds,
    monitorIntervalSeconds: watchSeconds,
  });
  boss.on('error', (error) => options.onError?.(error));
  try {
    await boss.start();
    for (const lane of lanes) {
      await boss.createQueue(queueName(lane), {
        notify: true,
        heartbeatSeconds: options.heartbeatSeconds ?? 20,
        expireInSeconds: longestDelivery,
        retentionSeconds: longestWait,
        deleteAfterSeconds: 7 * day,
        retryLimit: redeliveries,
        retryDelay: 1,
      });
    }
    // Inside a transaction of the embedded catalog the queue must not ask for its own settings: the one connection is taken.
    for (const lane of lanes) await boss.findJobs(queueName(lane), { limit: 1 });
  } catch (error) {
    await boss.stop({ graceful: false }).catch(() => undefined);
    throw new LarderError('catalog-unavailable', 'The job queue could not be opened.', { cause: error, retryable: true });
  }
  return queueOver(boss);
}

function queueOver(boss: PgBoss): JobQueue {
  const stopping = new AbortController();
  const handling = new Set<Promise<void>>();
  let stopped: Promise<void> | undefined;

  return {
    async send(trx, lane, jobId, sendOptions = {}) {
      const payload: Payload = { jobId };
      const startAfter = sendOptions.delaySeconds ?? 0;
      const queueId = await boss.send(queueName(lane), payload, {
        db: fromKysely(trx),
        ...(startAfter > 0 ? { startAfter } : {}),
      });
      if (queueId === null) throw new LarderError('internal', 'the queue did not take a job');
      return queueId;
    },

    async work(lane, concurrency, handler) {
      // New jobs are announced; only delayed and redelivered ones are found by looking.
      const options = { localConcurrency: concurrency, batchSize: 1, pollingIntervalSeconds: 1, notifyPollingIntervalSeconds: 2 };
      await boss.work<Payload>(queueName(lane), options, async (jobs) => {
        for (const job of jobs) {
          // Thrown, so that the delivery is handed out again at the next start.
          if (stopping.signal.aborted) throw new LarderError('cancelled', 'the queue is stopping', { retryable: true });
          const run = handler({
            queueId: job.id,
            jobId: job.data.jobId,
            signal: AbortSignal.any([job.signal, stopping.signal]),
          });
          const settled = run.then(
            () => undefined,
            () => undefined,
          );
          handling.add(settled);
          void settled.then(() => handling.delete(settled));
          await run;
        }
      });
    },

    async state(lane, queueId): Promise<DeliveryState> {
      const job = await boss.getJobById(queueName(lane), queueId);
      if (job === null) return 'over';
      if (job.state === 'active') return 'active';
      return job.state === 'created' || job.state === 'retry' ? 'waiting' : 'over';
    },

    async discard(lane, queueId) {
      await boss.deleteJob(queueName(lane), queueId);
    },

    stop(limitMs) {
      return (stopped ??= (async () => {
        // First, so that what the handlers put back in line is not taken again by ourselves.
        for (const lane of lanes) await boss.offWork(queueName(lane), { wait: false });
        stopping.abort(new LarderError('cancelled', 'The server is stopping.', { retryable: true }));
        await Promise.race([Promise.all(handling), new Promise<void>((resolve) => setTimeout(resolve, limitMs).unref())]);
        // Handlers are over by now, or past their limit: what is left gets the shortest grace the queue knows.
        await boss.stop({ graceful: true, timeout: 1000, close: true });
      })());
    },
  };
}
