import { MongoClient, type Document } from 'mongodb';
import { majorityOpTime } from '../src/mongo/members.ts';
import { archiveOplog } from '../test/fixtures/archive-oplog.ts';
import { startTestSet } from '../test/fixtures/replica-set.ts';
import { temporaryFolder } from '../test/fixtures/temporary-folder.ts';
import { seededRandom } from '../test/fixtures/workload.ts';
import { openProject } from './file-repository.ts';
import { measureApart } from './measure-apart.ts';
import { fillCollection } from './realistic-documents.ts';
import type { Figure } from './report.ts';

const [db, collection] = ['bench', 'orders'];
const perBatch = 1000;

export interface ReplaySize {
  readonly documents: number;
  /** Updates of single documents, each an entry of its own. */
  readonly changes: number;
  /** Of those, how many are applied one by one. */
  readonly oneByOne: number;
}

/**
 * What replaying archived updates on a backup takes, beside a server that is told to apply the same entries one by one. What the replay
 * takes is what a restore to the moment takes more than one of the backup.
 */
export function replayCost({ documents, changes, oneByOne }: ReplaySize): () => Promise<readonly Figure[]> {
  return async () => {
    await using set = await startTestSet({ members: 1, cacheGb: 2 });
    await using folder = await temporaryFolder();
    await using client = new MongoClient(set.uri);
    const orders = client.db(db).collection<{ _id: number; total: number }>(collection);
    await fillCollection(client, db, collection, documents, 1);
    await measureApart('backup', { uri: set.uri, folder: folder.path, id: 'base', base: [] });
    const random = seededRandom(5);
    for (let done = 0; done < changes; done += perBatch) {
      const batch = Array.from({ length: Math.min(perBatch, changes - done) }, () => ({
        updateOne: { filter: { _id: Math.floor(random() * documents) }, update: { $set: { total: random() } } },
      }));
      await orders.bulkWrite(batch, { ordered: false });
    }
    const point = await majorityOpTime(client, AbortSignal.timeout(60_000));
    await archiveOplog((await openProject(folder.path)).repository, client, { instanceId: 'bench' });
    const oplog = client.db('local').collection('oplog.rs');
    const entries = await oplog
      .find({ op: 'u', ns: `${db}.${collection}` }, { sort: { $natural: 1 }, limit: oneByOne })
      .toArray();
    const emptied = async (): Promise<void> => {
      await client.db(db).dropDatabase();
      // Else what is measured has the server's own work on its disk beside it.
      await client.db('admin').command({ fsync: 1 });
    };
    await emptied();
    const base = await measureApart('restore', { uri: set.uri, folder: folder.path, id: 'base' });
    const applied = await applyOneByOne(client, entries);
    await emptied();
    const moment = await measureApart('restore', {
      uri: set.uri,
      folder: folder.path,
      id: 'base',
      point: { t: point.t, i: point.i },
    });
    const replayed = changes / (moment.seconds - base.seconds);
    return [
      { name: 'updates replayed', value: replayed, unit: '/s' },
      { name: 'the same by one applyOps an entry', value: entries.length / applied, unit: '/s' },
      {
        name: 'replay / one applyOps an entry',
        value: (replayed * applied) / entries.length,
        unit: 'times as fast',
        limit: { kind: 'at least', value: 20 },
      },
      { name: 'peak memory of the restore', value: moment.peakMemory / 1e6, unit: 'MB', limit: { kind: 'at most', value: 400 } },
    ];
  };
}

/** Returns the seconds it took. */
async function applyOneByOne(client: MongoClient, entries: readonly Document[]): Promise<number> {
  const begun = performance.now();
  for (const { op, ns, o, o2 } of entries as { op: string; ns: string; o: Document; o2: Document }[])
    await client.db('admin').command({ applyOps: [{ op, ns, o, o2 }], alwaysUpsert: false });
  return (performance.now() - begun) / 1000;
}
