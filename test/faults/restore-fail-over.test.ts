import { randomBytes } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { stateCollection } from '../../src/core/restore-names.ts';
import type { CollectionState } from '../../src/engine/restore/restore-state.ts';
import type { MongodProcess } from '../../src/provider/mongod-process.ts';
import type { ProjectRepository } from '../../src/repository/port.ts';
import { backUp, restoreTo, testRepository } from '../fixtures/backup.ts';
import { holdable } from '../fixtures/hold-server.ts';
import { instanceState } from '../fixtures/instance-state.ts';
import { replicaSet } from '../fixtures/replica-set.ts';
import { until } from '../fixtures/until.ts';

const documents = 50_000;
/** More than after which progress is noted, and less than there is. */
const heldAfterBytes = 10 * 1024 * 1024;

/** Index builds of this primary do not end as long as it lives. */
async function hangIndexBuilds({ port }: MongodProcess): Promise<void> {
  await using client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`);
  await client.db('admin').command({ configureFailPoint: 'hangAfterSettingUpIndexBuild', mode: 'alwaysOn' });
}

/** The repository as it is, except that in the middle of its first reading a large image waits for `held`. */
function pausing(repository: ProjectRepository, held: Promise<void>): ProjectRepository {
  let readings = 0;
  return {
    ...repository,
    async *readImage(layers, options) {
      const last = layers.reduce((sum, layer) => sum + layer.documents, 0) > 1000 && ++readings === 1;
      let bytes = 0;
      for await (const batch of repository.readImage(layers, options)) {
        if (last && bytes >= heldAfterBytes) await held;
        bytes += batch.buffer.length;
        yield batch;
      }
    },
  };
}

describe('R3, R12: a restore whose primary is lost', () => {
  const set = replicaSet({ electionTimeoutMs: 2_000, extraArguments: holdable });
  let repository: ProjectRepository;
  let before: Record<string, unknown>;

  beforeAll(async () => {
    repository = await testRepository();
    await using client = new MongoClient(set().uri);
    const orders = client.db('shop').collection('orders');
    for (let n = 0; n < documents; n += 10_000) {
      const text = (): string => randomBytes(150).toString('hex');
      await orders.insertMany(Array.from({ length: 10_000 }, (_, k) => ({ n: n + k, text: text() })));
    }
    await orders.createIndex({ n: 1 }, { unique: true });
    await client.db('shop').createCollection('log', { capped: true, size: 1_000_000 });
    await client
      .db('shop')
      .collection('log')
      .insertMany(Array.from({ length: 500 }, (_, n) => ({ n })));
    before = await instanceState(client);
    await backUp(repository, set().uri, 'all', []);
  });

  const stop = async (primary: MongodProcess): Promise<void> => void process.kill(primary.pid!, 'SIGSTOP');
  const kill = (primary: MongodProcess): Promise<void> => primary.kill();
  it.each([
    // Silent: it neither answers nor closes its connections.
    { when: 'loading', how: 'stopped', lose: stop, bringBack: (lost) => void process.kill(lost.pid!, 'SIGCONT') },
    { when: 'loading', how: 'killed', lose: kill, bringBack: (lost) => lost.restart() },
    { when: 'indexes', how: 'killed', lose: kill, bringBack: () => undefined },
  ] satisfies {
    when: string;
    how: string;
    lose: (primary: MongodProcess) => Promise<void>;
    bringBack: (lost: MongodProcess) => Promise<void> | void;
  }[])('goes on on the new one ($when, $how)', async ({ when, lose, bringBack }) => {
    await set().healthy();
    let begun: CollectionState;
    let lost: MongodProcess;
    let restoring: ReturnType<typeof restoreTo>;
    {
      await using client = new MongoClient(set().uri);
      await client
        .db('shop')
        .collection('orders')
        .deleteMany({ n: { $lt: documents / 2 } });
      lost = await set().primary();
      if (when === 'indexes') await hangIndexBuilds(lost);
      const phases = new Set<string>();
      const { promise: held, resolve: release } = Promise.withResolvers<void>();
      if (when === 'indexes') release();
      restoring = restoreTo(pausing(repository, held), set().uri, 'all', true, { report: ({ phase }) => phases.add(phase) });
      restoring.catch(() => undefined);

      const states = client.db('shop').collection<{ _id: string; state: CollectionState }>(stateCollection);
      begun = await until(
        async () => {
          const rows = await states.find().toArray();
          // The small collection is never noted half-way.
          const found = rows.find(({ state }) =>
            when === 'loading' ? state.stage === 'loading' && state.batches > 0 : state.documents === documents,
          );
          return found !== undefined && (when === 'loading' || phases.has('indexing and comparing')) ? found.state : null;
        },
        { what: 'the moment of the loss' },
      );
      await lose(lost);
      release();
    }
    expect(await restoring).toMatchObject({ verified: true, documents: documents + 500, notes: [] });
    await bringBack(lost);

    // The clients of before may still have connections to the lost one.
    await using client = new MongoClient(set().uri);
    // The very collection that was begun before took its place.
    const [orders] = await client.db('shop').listCollections({ name: 'orders' }).toArray();
    expect(Buffer.from((orders as unknown as { info: { uuid: { buffer: Uint8Array } } }).info.uuid.buffer).toString('hex')).toBe(
      begun.uuid,
    );
    expect(await instanceState(client)).toEqual(before);
  });
});
