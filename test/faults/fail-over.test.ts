import { setTimeout as delay } from 'node:timers/promises';
import { MongoClient, type Document } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareClusterTime, type Manifest } from '../../src/core/image.ts';
import type { JobProgress } from '../../src/engine/use-cases.ts';
import { majorityOpTime } from '../../src/mongo/members.ts';
import type { MongodProcess } from '../../src/provider/mongod-process.ts';
import type { ReplicaSet } from '../../src/provider/start-replica-set.ts';
import type { ProjectRepository } from '../../src/repository/port.ts';
import { backUp, testRepository } from '../fixtures/backup.ts';
import { compareWithSource } from '../fixtures/compare-with-source.ts';
import { gatedRepository } from '../fixtures/gated-repository.ts';
import { isInPhase } from '../fixtures/is-in-phase.ts';
import { replicaSet } from '../fixtures/replica-set.ts';
import { tcpProxy, type TcpProxy } from '../fixtures/tcp-proxy.ts';
import { until } from '../fixtures/until.ts';
import { startWorkload } from '../fixtures/workload.ts';

const { signal } = new AbortController();

/** Changes the configuration of the set by its primary. */
async function reconfigure(client: MongoClient, change: (config: Document) => void): Promise<void> {
  const admin = client.db('admin');
  const { config } = await admin.command({ replSetGetConfig: 1 });
  config.version++;
  change(config);
  await admin.command({ replSetReconfig: config, force: true });
}

/** A progress listener that does something once, when the first documents of a scan have come. */
function midScan(act: () => void): { readonly report: (progress: JobProgress) => void; readonly fired: () => boolean } {
  let fired = false;
  return {
    report: ({ phase, documentsDone }) => {
      if (fired || !isInPhase(phase, 'scanning') || documentsDone === 0) return;
      fired = true;
      act();
    },
    fired: () => fired,
  };
}

/** The documents of a collection that is read whole while a larger one is held. */
const few = 7;

/** The same repository, into which nothing of a scan of more than `few` documents gets before `held`. Tells when the few are there. */
function holding(repository: ProjectRepository, held: Promise<void>, onFew: () => void): ProjectRepository {
  return gatedRepository(repository, {
    before: ({ count }) => (count > few ? held : undefined),
    after: ({ count }) => {
      if (count === few) onFew();
    },
  });
}

describe('S9: the member that is read is lost', () => {
  // Nobody is elected because a machine is busy, or because a member stands still for a while.
  const set = replicaSet({ electionTimeoutMs: 60_000 });
  let proxy: TcpProxy;
  let hidden: MongodProcess;
  let direct: MongoClient;

  beforeAll(async () => {
    direct = new MongoClient(set().uri);
    const primary = await set().primary();
    hidden = set().members.find((member) => member !== primary)!;
    proxy = await tcpProxy(hidden.port);
    await reconfigure(direct, (config) => {
      const member = (config['members'] as Document[]).find(({ host }) => host === `127.0.0.1:${hidden.port}`)!;
      // Without a vote: while it is away an index build would wait for it.
      Object.assign(member, { host: `127.0.0.1:${proxy.port}`, hidden: true, priority: 0, votes: 0 });
    });
    await hiddenIsThere(set());
    const documents = Array.from({ length: 30_000 }, (_, n) => ({ _id: n, text: 'x'.repeat(900) }));
    await direct
      .db('lost')
      .collection<{ _id: number }>('big')
      .insertMany(documents, { writeConcern: { w: 3 } });
  });
  afterAll(async () => {
    await direct.close();
    await proxy[Symbol.asyncDispose]();
  });

  async function hiddenIsThere(of: ReplicaSet): Promise<void> {
    await until(
      async () => {
        const { members } = await direct.db('admin').command({ replSetGetStatus: 1 });
        return (members as Document[]).every(({ health, state }) => health === 1 && (state === 1 || state === 2));
      },
      { what: 'every member of the set to be healthy' },
    );
    await of.healthy();
  }

  /** Takes a backup beside writers, does `harm` in the middle, and compares the result with the source. */
  async function backUpThrough(harm: () => void): Promise<Manifest> {
    const repository = await testRepository();
    const workload = startWorkload({ client: direct, db: 'busy', seed: 7, writers: 2, definitions: true });
    const trouble = midScan(harm);
    try {
      const manifest = await backUp(repository, set().uri, 'through', [], trouble.report);
      expect(trouble.fired(), 'the planned fault').toBe(true);
      expect(await compareWithSource(direct, repository, manifest)).toBeGreaterThan(0);
      return manifest;
    } finally {
      await workload.stop();
      await direct.db('busy').dropDatabase();
    }
  }

  const wentOn = (): unknown => expect.arrayContaining([expect.stringMatching(`127.0.0.1:${proxy.port} was lost.*went on`)]);

  it('goes on when it is killed', async () => {
    const manifest = await backUpThrough(() => process.kill(hidden.pid!, 'SIGKILL'));
    expect(manifest.notes).toEqual(wentOn());
    expect(manifest.source.member).not.toBe(`127.0.0.1:${proxy.port}`);
    await hidden.restart();
    await hiddenIsThere(set());
  });

  it.each(['reset', 'black-hole'] as const)('goes on when the network in between becomes a %s', async (weather) => {
    const manifest = await backUpThrough(() => proxy.become(weather));
    expect(manifest.notes).toEqual(wentOn());
    proxy.become('reset');
    proxy.become('open');
    await hiddenIsThere(set());
  });

  it('goes on when it is stopped', async () => {
    try {
      const manifest = await backUpThrough(() => process.kill(hidden.pid!, 'SIGSTOP'));
      expect(manifest.notes).toEqual(wentOn());
    } finally {
      process.kill(hidden.pid!, 'SIGCONT');
    }
    await hiddenIsThere(set());
  });

  it('goes on when the set elects another primary', async () => {
    const before = (await direct.db('admin').command({ replSetGetStatus: 1 }))['term'];
    let stepDown: Promise<unknown> = Promise.resolve();
    const manifest = await backUpThrough(() => {
      stepDown = direct.db('admin').command({ replSetStepDown: 30, secondaryCatchUpPeriodSecs: 30 });
    });
    await stepDown;
    await hiddenIsThere(set());
    expect(manifest.source.member).toBe(`127.0.0.1:${proxy.port}`);
    expect((await direct.db('admin').command({ replSetGetStatus: 1 }))['term']).toBeGreaterThan(before);
  });

  it('waits for a later moment while the set commits nothing, where a collection cannot be read at the newest any more', async () => {
    const primary = await set().primary();
    const voter = set().members.find((member) => member !== primary && member !== hidden)!;
    await using read = new MongoClient(`mongodb://127.0.0.1:${hidden.port}/?directConnection=true`);
    await read.db('admin').command({ replSetSyncFrom: `127.0.0.1:${primary.port}` });
    const moving = direct.db('lost').collection<{ _id: number; n?: number }>('moving');
    await moving.insertMany(
      Array.from({ length: few }, (_, n) => ({ _id: n + 1 })),
      { writeConcern: { w: 3 } },
    );
    const atOnce = { writeConcern: { w: 1 } };
    const renamed = Promise.withResolvers<void>();
    const scanned = Promise.withResolvers<void>();
    let harm: Promise<unknown> = Promise.resolve();
    const stall = async (): Promise<void> => {
      // Only what changes after it was read must be read again.
      await scanned.promise;
      await moving.updateOne({ _id: 1 }, { $set: { n: 1 } }, { writeConcern: { w: 3 } });
      // A member that has not heard yet that this is committed would be backed up as it was before it.
      const changed = await majorityOpTime(direct, signal);
      await until(async () => compareClusterTime(await majorityOpTime(read, signal), changed) >= 0, {
        what: 'the member that is read to know that the change is committed',
      });
      process.kill(voter.pid!, 'SIGSTOP');
      try {
        await direct.db('lost').renameCollection('moving', 'moved', atOnce as never);
        await until(async () => (await read.db('lost').listCollections({ name: 'moved' }).toArray()).length === 1, {
          what: 'the rename to reach the member that is read',
        });
        renamed.resolve();
        // Time for as many tries as anybody would make; short enough for the primary to stay one.
        await delay(3000);
      } finally {
        process.kill(voter.pid!, 'SIGCONT');
        renamed.resolve();
      }
    };
    const repository = await testRepository();
    const trouble = midScan(() => {
      harm = stall();
    });
    const manifest = await backUp(
      holding(repository, renamed.promise, scanned.resolve),
      set().uri,
      'stalled',
      [],
      trouble.report,
    );
    await harm;
    expect(trouble.fired(), 'the planned fault').toBe(true);
    expect(manifest.collections.map(({ name }) => name)).toContain('moved');
    expect(await compareWithSource(direct, repository, manifest)).toBeGreaterThan(0);
  });

  it('passes over a delayed member while another can be read', async () => {
    await reconfigure(direct, (config) => {
      const member = (config['members'] as Document[]).find(({ host }) => host === `127.0.0.1:${proxy.port}`)!;
      Object.assign(member, { secondaryDelaySecs: 3600 });
    });
    await hiddenIsThere(set());
    const manifest = await backUp(await testRepository(), set().uri, 'now', []);
    expect(manifest.source.member).not.toBe(`127.0.0.1:${proxy.port}`);
  });

  // The one before has left the hidden member far behind: it is read after the primary, even where that was lost.
  it.each(['scanning', 'catching up', 'final round'])(
    'goes on when the primary, which alone can be read, steps down in the midst of its %s',
    async (when) => {
      const primary = await set().primary();
      const other = set().members.find((member) => member !== primary && member !== hidden)!;
      const directly = ({ port }: MongodProcess): MongoClient =>
        new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`);
      await using first = directly(primary);
      await using second = directly(other);
      const big = direct.db('lost').collection<{ _id: number }>('big');
      // After a forced change, and after an election, that takes it a moment.
      await until(async () => (await first.db('admin').command({ hello: 1 }))['lastWrite'].majorityOpTime !== undefined, {
        what: 'the primary to know what is committed',
      });
      await until(() => second.db('admin').command({ replSetMaintenance: true }), { what: 'the secondary to be out of reach' });
      const stepDown = async (): Promise<void> => {
        await second.db('admin').command({ replSetMaintenance: false });
        await until(async () => (await second.db('admin').command({ hello: 1 }))['secondary'], {
          what: 'the secondary to be back',
        });
        await first.db('admin').command({ replSetStepDown: 60, secondaryCatchUpPeriodSecs: 30 });
        await until(async () => (await second.db('admin').command({ hello: 1 }))['isWritablePrimary'], {
          what: 'another primary',
        });
        await first.db('admin').command({ replSetFreeze: 0 });
        await big.updateMany({ _id: { $lt: 500 } }, { $set: { after: when } }, { writeConcern: { w: 'majority' } });
      };
      let phase = '';
      let updated = false;
      let fired = false;
      const repository = gatedRepository(await testRepository(), {
        before: async ({ count }, { kind, batches }) => {
          // In the midst of the scan of the large one: later rounds find more than fits in the last of them.
          if (kind === 'scan' && batches === 1 && count > few && !updated) {
            updated = true;
            if (when === 'catching up') await big.updateMany({}, { $set: { during: when } }, { writeConcern: { w: 'majority' } });
            else await big.updateOne({ _id: 0 }, { $set: { during: when } }, { writeConcern: { w: 'majority' } });
          }
          if (fired || !isInPhase(phase, when) || (when === 'scanning' && batches !== 1)) return;
          fired = true;
          await stepDown();
        },
      });
      const workload = startWorkload({ client: direct, db: 'busy', seed: 8, writers: 2, definitions: true });
      try {
        const manifest = await backUp(repository, set().uri, 'stepped-down', [], (progress) => {
          ({ phase } = progress);
        });
        expect(fired, `the planned fault; ${manifest.source.member} was read. ${manifest.notes.join(' ')}`).toBe(true);
        // For a moment of its step-down a member says that it is neither; whether we hear of that depends on when it tells us.
        const lost = new RegExp(`^The member 127.0.0.1:${primary.port} was lost .*neither primary nor secondary`);
        for (const note of manifest.notes) expect(note).toMatch(lost);
        if (manifest.notes.length === 0) expect(manifest.source.member).toBe(`127.0.0.1:${primary.port}`);
        expect(await compareWithSource(direct, repository, manifest)).toBeGreaterThan(0);
      } finally {
        await workload.stop();
        if (!fired) await second.db('admin').command({ replSetMaintenance: false });
        await direct.db('busy').dropDatabase();
      }
    },
  );
});
