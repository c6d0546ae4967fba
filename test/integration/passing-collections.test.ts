import { setTimeout as delay } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareClusterTime } from '../../src/core/image.ts';
import type { ClusterTime } from '../../src/core/image.ts';
import { ChangeCollector } from '../../src/engine/capture/change-collector.ts';
import type { CatalogChange } from '../../src/mongo/collection-catalog.ts';
import { fromTimestamp } from '../../src/mongo/cluster-time.ts';
import { majorityOpTime } from '../../src/mongo/members.ts';
import { backUp, testRepository } from '../fixtures/backup.ts';
import { compareCollections } from '../fixtures/compare-collections.ts';
import { replicaSet } from '../fixtures/replica-set.ts';
import { seededRandom } from '../fixtures/workload.ts';

const backups = 4;
const makers = 4;

/** What clients of collections that come and go get to hear. */
const expectedCodes = new Set([26, 48, 112, 117, 246, 251, 263]);

describe('O4, E7, E15: collections that come and go while a backup reads from a primary', () => {
  const set = replicaSet({
    members: 1,
    extraArguments: ['--setParameter', 'maxNumberOfTransactionOperationsInSingleOplogEntry=2'],
  });
  let client: MongoClient;
  beforeAll(() => {
    client = new MongoClient(set().uri);
  });
  afterAll(() => client.close());

  it('are in the backup exactly if they were there at its time, though later writes were done before', async () => {
    const repository = await testRepository();
    const random = seededRandom(1);
    const passing = client.db('passing');
    let running = true;
    const whileRunning = async (act: (n: number) => Promise<unknown>): Promise<void> => {
      for (let n = 0; running; n++) {
        await act(n).catch((error: { readonly code?: number }) => {
          if (!expectedCodes.has(error.code ?? 0)) throw error;
        });
      }
    };
    const inTransaction = (name: string): Promise<unknown> =>
      client.withSession((session) =>
        session.withTransaction(async () => {
          for (let n = 0; n < 5; n++) await passing.collection(name).insertOne({ n }, { session });
        }),
      );
    const work = Promise.all([
      ...Array.from({ length: makers }, (_, k) =>
        whileRunning(async (n) => {
          await (n % 2 === 0 ? inTransaction(`c${k}`) : passing.collection(`c${k}`).insertOne({ n }));
          // How long it lives is what the test varies, not what it waits for.
          await delay(random() * 400);
          await passing.collection(`c${k}`).drop();
        }),
      ),
      ...Array.from({ length: makers }, (_, k) => whileRunning((n) => client.db('busy').collection(`b${k}`).insertOne({ n }))),
    ]);
    work.catch(() => undefined);
    try {
      for (let n = 0; n < backups; n++) {
        const manifest = await backUp(repository, set().uri, `passing-${n}`, []);
        await compareCollections(client, manifest, { isWanted: (db) => db === 'passing' });
      }
    } finally {
      running = false;
      await work;
    }
  });

  it('begin, in a transaction of several entries, with the last of them', async () => {
    await client.withSession((session) =>
      session.withTransaction(async () => {
        for (let n = 0; n < 6; n++) await client.db('chain').collection('made').insertOne({ n }, { session });
      }),
    );
    const end = await majorityOpTime(client, AbortSignal.timeout(300_000));
    const made = { 'o.applyOps': { $elemMatch: { ns: 'chain.$cmd', 'o.create': 'made' } } };
    const oplog = client.db('local').collection('oplog.rs');
    const first = await oplog.findOne(made);
    const last = await oplog.findOne({
      'lsid.id': first!['lsid'].id,
      txnNumber: first!['txnNumber'],
      'o.partialTxn': { $ne: true },
    });
    expect(first!['o'].partialTxn).toBe(true);
    const [begun, ended]: ClusterTime[] = [first, last].map((entry) => fromTimestamp(entry!['ts'])) as [ClusterTime, ClusterTime];
    expect(compareClusterTime(begun!, ended!)).toBeLessThan(0);
    // From before its first entry, and from between the two.
    const before = await oplog.findOne({ ts: { $lt: first!['ts'] } }, { sort: { $natural: -1 } });
    for (const entry of [before, first]) {
      const changes: CatalogChange[] = [];
      const start = { ...fromTimestamp(entry!['ts']), term: Number(entry!['t']) };
      const onCatalogChange = (change: CatalogChange) => changes.push(change);
      const collector = new ChangeCollector({ start, onCatalogChange, roomForUpdates: () => 0 });
      expect(await collector.advance(client, end, AbortSignal.timeout(300_000))).toBe('reached');
      const creations = changes.filter(({ kind, db }) => kind === 'created' && db === 'chain');
      expect(creations).toMatchObject([{ time: ended }]);
      expect(collector.discoveries.created).toContain(creations[0]!.uuid);
      expect([...collector.changes.values()].find(({ db }) => db === 'chain')?.size).toBe(6);
    }
  });
});
