import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ObjectStore } from '../storage/port.ts';
import type { EngineDeps } from './engine-deps.ts';
import { measureCatalog, type CatalogFigures } from './measure-catalog.ts';
import { createStoreSize } from './store-size.ts';
import type { RunTask, Task, TaskContext, TaskResults } from './tasks.ts';

/** What an answered request was. `operation` is the name in the description of the API, so that there are only so many. */
export interface AnsweredRequest {
  readonly operation: string;
  readonly method: string;
  readonly status: number;
  readonly seconds: number;
}

/** Figures of this server and its installation. None of them holds a secret; labels are ids, names and words of a closed list. */
export interface Metrics {
  readonly contentType: string;
  /** In Prometheus' text format, as things stand now. `catalog-unavailable`. */
  text(): Promise<string>;
  answered(request: AnsweredRequest): void;
  /** A look of the scheduler has ended, well or not. */
  scheduled(well: boolean): void;
  /** The same, and what its tasks move is counted. */
  counting(runTask: RunTask): RunTask;
}

export interface MetricsDeps extends Pick<EngineDeps, 'catalog' | 'clock' | 'log'> {
  readonly store: ObjectStore;
  readonly version: string;
}

const instanceLabels = ['project', 'instance', 'name'] as const;

/** Metrics of one server. Nothing is registered anywhere else, and nothing runs by itself. */
export function createMetrics({ catalog, clock, log, store, version }: MetricsDeps): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  new Gauge({ name: 'larder_build_info', help: 'Always 1; the version is the label.', labelNames: ['version'], registers }).set(
    { version },
    1,
  );
  const requests = new Histogram({
    name: 'larder_http_request_duration_seconds',
    help: 'Time to answer a request.',
    labelNames: ['operation', 'method', 'status'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 30],
    registers,
  });
  const count = (name: string, help: string): Counter<'kind'> => new Counter({ name, help, labelNames: ['kind'], registers });
  const bytes = count('larder_task_bytes_total', 'Bytes of documents that tasks of this server have moved.');
  const documents = count('larder_task_documents_total', 'Documents that tasks of this server have moved.');
  const freed = count(
    'larder_freed_bytes_total',
    'Bytes that this server removed from the repository, because nothing needs them.',
  );
  const rounds = new Counter({
    name: 'larder_scheduler_rounds_total',
    help: 'Looks at what is due, of this server.',
    labelNames: ['result'],
    registers,
  });
  const lastRound = new Gauge({
    name: 'larder_scheduler_last_success_timestamp_seconds',
    help: 'When this server last looked at what is due without a failure.',
    registers,
  });
  const size = createStoreSize(store, clock, log);
  const showCatalog = catalogGauges(registry);

  return {
    contentType: registry.contentType,
    async text() {
      showCatalog(await measureCatalog({ catalog, clock }), size.newest());
      return registry.metrics();
    },
    answered({ operation, method, status, seconds }) {
      requests.observe({ operation, method, status: String(status) }, seconds);
    },
    scheduled(well) {
      rounds.inc({ result: well ? 'well' : 'failed' });
      if (well) lastRound.set(clock.now().getTime() / 1000);
    },
    counting: (runTask) => {
      const counted = async (task: Task, context: TaskContext): Promise<TaskResults[Task['kind']]> => {
        let [seenBytes, seenDocuments] = [0, 0];
        const report: TaskContext['report'] = (progress) => {
          // Within one try numbers do not go back.
          bytes.inc({ kind: task.kind }, Math.max(0, progress.bytesDone - seenBytes));
          documents.inc({ kind: task.kind }, Math.max(0, progress.documentsDone - seenDocuments));
          [seenBytes, seenDocuments] = [progress.bytesDone, progress.documentsDone];
          context.report(progress);
        };
        const result: TaskResults[Task['kind']] = await runTask(task as never, { ...context, report });
        if ('freedBytes' in result) freed.inc({ kind: task.kind }, result.freedBytes);
        return result;
      };
      return counted as RunTask;
    },
  };
}

/** Gauges of what the catalog says. Each scrape sets all of them anew: what is gone from the catalog is gone from the answer. */
function catalogGauges(registry: Registry): (figures: CatalogFigures, store: { bytes: number; objects: number } | null) => void {
  const registers = [registry];
  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[]): Gauge<Label> =>
    new Gauge({ name, help, labelNames: [...labelNames], registers });
  const backups = gauge('larder_backups', 'Backups by state and type.', ['state', 'type']);
  const jobs = gauge('larder_jobs', 'Jobs by kind and state.', ['kind', 'state']);
  const rate = gauge('larder_running_bytes_per_second', 'What running jobs move at the moment.', ['kind']);
  const instances = gauge('larder_instances', 'Instances.', []);
  const unlisted = gauge('larder_instances_unlisted', 'Instances without figures of their own, because there are too many.', []);
  const age = gauge(
    'larder_newest_backup_age_seconds',
    'Age of the newest backup that can be restored; missing where there is none.',
    instanceLabels,
  );
  const proofAge = gauge('larder_proof_age_seconds', 'Since a backup was last proved; missing where none was.', instanceLabels);
  const proofGood = gauge(
    'larder_proof_good',
    '1 if the last proof was a good one, 0 if not; missing where there is none.',
    instanceLabels,
  );
  const overdue = gauge(
    'larder_proof_overdue',
    '1 if the last proof is older than the schedule of drills allows.',
    instanceLabels,
  );
  const proofSeconds = gauge('larder_proof_duration_seconds', 'How long the last proof took.', instanceLabels);
  const proofRate = gauge('larder_proof_bytes_per_second', 'How fast the last proof restored.', instanceLabels);
  const archiveFollows = gauge(
    'larder_archive_follows',
    '1 while the oplog is archived, 0 while something keeps it from that; missing where it is not to be.',
    instanceLabels,
  );
  const archiveLag = gauge('larder_archive_lag_seconds', 'What the source has and its archive not yet.', instanceLabels);
  const archiveWindow = gauge(
    'larder_archive_window_seconds',
    'How far back the oplog of the source reaches; a lag beyond it is a gap.',
    instanceLabels,
  );
  const archiveGaps = gauge('larder_archive_gaps', 'Gaps in what is archived.', instanceLabels);
  const ofArchives = [archiveFollows, archiveLag, archiveWindow, archiveGaps];
  const trouble = gauge('larder_scheduler_trouble', 'Instances whose automated backup or drill is due and cannot begin.', [
    'what',
  ]);
  const held = gauge('larder_scheduler_clock_held', '1 while nothing expires, because the clock jumped.', []);
  const storeBytes = gauge('larder_repository_bytes', 'Bytes in the repository, looked at now and then.', []);
  const storeObjects = gauge('larder_repository_objects', 'Objects in the repository, looked at now and then.', []);
  return (figures, store) => {
    for (const one of [backups, jobs, rate, age, proofAge, proofGood, overdue, proofSeconds, proofRate, ...ofArchives])
      one.reset();
    for (const { state, type, count } of figures.backups) backups.set({ state, type }, count);
    for (const { kind, state, count } of figures.jobs) jobs.set({ kind, state }, count);
    for (const { kind, bytesPerSecond } of figures.rates) rate.set({ kind }, bytesPerSecond);
    instances.set(figures.instances);
    unlisted.set(figures.instances - figures.listed.length);
    for (const { labels, ...one } of figures.listed) {
      if (one.backupAge !== null) age.set(labels, one.backupAge);
      if (one.proofAge !== null) proofAge.set(labels, one.proofAge);
      overdue.set(labels, one.overdue ? 1 : 0);
      if (one.archive !== null) {
        const { follows, lagSeconds, windowSeconds, gaps } = one.archive;
        archiveFollows.set(labels, follows ? 1 : 0);
        if (lagSeconds !== null) archiveLag.set(labels, lagSeconds);
        if (windowSeconds !== null) archiveWindow.set(labels, windowSeconds);
        archiveGaps.set(labels, gaps);
      }
      if (one.last === null) continue;
      proofGood.set(labels, one.last.good ? 1 : 0);
      proofSeconds.set(labels, one.last.seconds);
      proofRate.set(labels, one.last.bytesPerSecond);
    }
    trouble.set({ what: 'backup' }, figures.backupTrouble);
    trouble.set({ what: 'drill' }, figures.drillTrouble);
    held.set(figures.clockHeld ? 1 : 0);
    if (store === null) return;
    storeBytes.set(store.bytes);
    storeObjects.set(store.objects);
  };
}
