import { setTimeout as delay } from 'node:timers/promises';
import { type Collection, MongoClient } from 'mongodb';
import { seededRandom } from '../test/fixtures/workload.ts';
import { startTestSet } from '../test/fixtures/replica-set.ts';
import { temporaryFolder } from '../test/fixtures/temporary-folder.ts';
import { measureApart } from './measure-apart.ts';
import { percentile } from './percentile.ts';
import { fillCollection } from './realistic-documents.ts';
import type { Figure } from './report.ts';

const [db, collection] = ['bench', 'orders'];
const documents = 400_000;
/** Operations a second that clients ask of the primary: far from what it could do. */
const perSecond = 200;
const quietMilliseconds = 5_000;

interface Order {
  readonly _id: number;
  total: number;
}

/**
 * What clients of the primary feel of a backup that is read from a secondary: reads and updates by `_id` at a steady rate, alone, beside a first
 * backup, and beside a scan of a secondary through gzip, which is what dumping it does at least. All of it shares the cores of one machine.
 */
export async function clientLatency(): Promise<readonly Figure[]> {
  await using set = await startTestSet({ members: 3, cacheGb: 0.5 });
  await using client = new MongoClient(set.uri);
  await using folder = await temporaryFolder();
  await fillCollection(client, db, collection, documents, 1);
  const orders = client.db(db).collection<Order>(collection);
  const place = { uri: `${set.uri}&readPreference=secondary`, db, collection, folder: folder.path };
  const alone = await latenciesBeside(orders, () => delay(quietMilliseconds));
  const backup = await latenciesBeside(orders, () =>
    measureApart('backup', { uri: set.uri, folder: folder.path, id: 'first', base: [] }),
  );
  const dump = await latenciesBeside(orders, () => measureApart('scan-to-gzip', place));
  return [
    { name: 'operations alone, p99', value: percentile(alone, 0.99), unit: 'ms' },
    { name: 'p50 beside a backup / alone', value: percentile(backup, 0.5) / percentile(alone, 0.5), unit: 'times' },
    { name: 'p99 beside a backup / alone', value: percentile(backup, 0.99) / percentile(alone, 0.99), unit: 'times' },
    { name: 'p99 beside a scan through gzip / alone', value: percentile(dump, 0.99) / percentile(alone, 0.99), unit: 'times' },
    { name: 'operations during the backup', value: backup.length, unit: '' },
  ];
}

/** Milliseconds of each operation while `work` runs. One that is late does not hold up the next. */
async function latenciesBeside(orders: Collection<Order>, work: () => Promise<unknown>): Promise<readonly number[]> {
  const random = seededRandom(3);
  const measured: number[] = [];
  const underWay = new Set<Promise<void>>();
  const operation = async (): Promise<void> => {
    const _id = Math.floor(random() * documents);
    const begun = performance.now();
    if (random() < 0.5) await orders.findOne({ _id });
    else await orders.updateOne({ _id }, { $set: { total: random() } });
    measured.push(performance.now() - begun);
  };
  const timer = setInterval(() => {
    const running = operation().finally(() => underWay.delete(running));
    underWay.add(running);
  }, 1000 / perSecond);
  try {
    await work();
  } finally {
    clearInterval(timer);
    await Promise.all(underWay);
  }
  return measured;
}
