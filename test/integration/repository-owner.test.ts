import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openCatalog, type Catalog } from '../../src/catalog/open-catalog.ts';
import { ownRepository, type OwnedRepository, type OwnOptions } from '../../src/engine/ownership/own-repository.ts';
import { putRecord, readRecords } from '../../src/engine/records.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { openRepository, type OpenedRepository } from '../../src/repository/open-repository.ts';
import { openStore } from '../../src/storage/open-store.ts';
import { startPostgres, type TestPostgres } from '../fixtures/start-postgres.ts';
import { startS3Server, type S3Server } from '../fixtures/start-s3-server.ts';
import { temporaryFolder, type TemporaryFolder } from '../fixtures/temporary-folder.ts';

const pace = { interval: 20, silence: 400 };
const signal = new AbortController().signal;

let s3: S3Server;
let postgres: TestPostgres;
let folder: TemporaryFolder;
/** Catalogs with somebody in them, and those of nobody. */
let full: Catalog[];
let empty: Catalog[];
beforeAll(async () => {
  [s3, postgres, folder] = await Promise.all([startS3Server(), startPostgres(), temporaryFolder()]);
  Object.assign(process.env, s3.environment);
  const newCatalog = async () => openCatalog({ dataFolder: '/', databaseUrl: await postgres.createDatabase() });
  full = [await newCatalog(), await newCatalog()];
  empty = [await newCatalog(), await newCatalog(), await newCatalog()];
  for (const { db } of full) await db.insertInto('domains').values({ id: 'default', name: 'Default' }).execute();
});
afterAll(async () => {
  for (const catalog of [...(full ?? []), ...(empty ?? [])]) await catalog.close();
  for (const started of [s3, postgres, folder]) await started?.[Symbol.asyncDispose]();
});

describe.each(['folder', 'S3'])('A8: a repository in a store of the kind %s belongs to one catalog', (kind) => {
  let serial = 0;
  let repository: OpenedRepository;
  let open: AsyncDisposable[];
  let warned: string[];

  beforeEach(async () => {
    const name = `${kind.toLowerCase()}-${serial++}`;
    const url = kind === 'S3' ? await s3.createBucket(name) : `file://${join(folder.path, name)}`;
    const unlock = { kind: 'key-file', key: Buffer.alloc(32, 7) } as const;
    repository = await openRepository({ store: await openStore(url), unlock, clock: systemClock, create: true });
    open = [];
    warned = [];
  });
  afterEach(async () => {
    for (const one of open.toReversed()) await one[Symbol.asyncDispose]();
    await repository.close();
  });

  const own = async (catalog: Catalog, options: Partial<OwnOptions> = {}): Promise<OwnedRepository> => {
    const warn = (_fields: object, message: string): void => void warned.push(message);
    const log = { info: () => undefined, warn, error: warn };
    const owned = await ownRepository({ catalog, repository, clock: systemClock, log }, { signal, pace, ...options });
    open.push(owned);
    return owned;
  };
  const owners = async () => (await readRecords(repository, 'owner')).map(({ record }) => record.held);
  /** What a server left that was killed on a machine of which this one knows nothing. */
  const killedElsewhere = async (): Promise<void> => {
    const at = '2026-11-25T03:00:00.000Z';
    await putRecord(repository, 'owner', 'lost', { held: true, host: 'db-1.example', since: at });
    const sign = { catalogId: 'lost', host: 'db-1.example', process: null, started: at, count: 7, at };
    await putRecord(repository, 'sign-of-life', 'run', sign);
  };

  it('servers that share the catalog own it together; another catalog is refused, and the refusal says whose it is and what to do', async () => {
    const [shared, other] = full as [Catalog, Catalog];
    const both = [await own(shared), await own(shared)];
    await expect(own(other)).rejects.toMatchObject({
      code: 'repository-owned',
      message: expect.stringMatching(/belongs to another Larder.*on .* since .*`larder repository take-over`/) as string,
    });
    expect(await owners()).toEqual([true]);
    for (const one of both) await one[Symbol.asyncDispose]();
    // Also while nobody runs: the catalog that stopped will go on.
    await expect(own(other)).rejects.toMatchObject({ code: 'repository-owned' });
    await own(shared);
  });

  it('an empty catalog waits for an owner that runs, and is refused; one that stopped is not waited for', async () => {
    const owner = await own(full[0]!);
    await expect(own(empty[0]!)).rejects.toMatchObject({
      code: 'repository-owned',
      message: expect.stringContaining('that is running') as string,
    });
    expect(warned.join()).toMatch(/belongs to another Larder.*If that gives no sign of life/);
    expect(await owners()).toEqual([true]);
    await owner[Symbol.asyncDispose]();
    warned = [];
    expect((await own(empty[0]!)).from).not.toBeNull();
    expect(warned).toEqual([]);
  });

  it('an empty catalog has it, and one that holds something where that is asked for, once a lost owner was silent long enough', async () => {
    await killedElsewhere();
    await expect(own(full[0]!)).rejects.toMatchObject({ code: 'repository-owned' });
    const first = await own(empty[0]!);
    expect(first.from).toMatchObject({ host: 'db-1.example' });
    expect(warned).toHaveLength(1);
    await first[Symbol.asyncDispose]();
    expect((await own(full[0]!, { takeOver: true })).from).not.toBeNull();
    expect(await owners()).toEqual([true]);
    expect(await readRecords(repository, 'sign-of-life')).toMatchObject([{ record: { count: expect.any(Number) as number } }]);
  });

  it('a server whose repository was taken over hears of it and does nothing in it any more', async () => {
    const asleep = (_milliseconds: number, until: AbortSignal): Promise<void> =>
      new Promise((resolve) => until.addEventListener('abort', () => resolve(), { once: true }));
    // Stopped as a machine is that was suspended: it gives no more signs and runs all the same.
    const owner = await own(full[0]!, { timers: { sleep: asleep } });
    for (const { id, record } of await readRecords(repository, 'sign-of-life'))
      await putRecord(repository, 'sign-of-life', id, { ...record, process: null });
    await own(empty[0]!);
    let ran = false;
    const run = owner.guarding(() => Promise.reject(Object.assign(new Error('ran'), { ran: (ran = true) })));
    const task = { kind: 'prune', repository: { url: '', unlock: { kind: 'passphrase', passphrase: '' } } } as const;
    await expect(run(task, { signal, report: () => undefined })).rejects.toMatchObject({
      code: 'repository-owned',
      message: expect.stringContaining('has taken the repository over') as string,
    });
    expect(ran).toBe(false);
    expect((await owner.lost).message).toContain('start this one with an empty catalog');
  });

  it('of many catalogs that ask at the same time no two have it', async () => {
    const asked = await Promise.allSettled(empty.map((catalog) => own(catalog)));
    const had = asked.filter(({ status }) => status === 'fulfilled');
    expect(had.length).toBeLessThanOrEqual(1);
    expect(await owners()).toEqual(had.map(() => true));
    for (const one of asked) if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'repository-owned' });
  });

  it('a claim that cannot be read keeps others out and names the object; that of the catalog itself is written anew', async () => {
    const catalog = full[0]!;
    await (await own(catalog))[Symbol.asyncDispose]();
    const [claim] = await Array.fromAsync(repository.store.list('records/owner/'));
    const bytes = await repository.store.get(claim!.key);
    bytes[bytes.length - 1]! ^= 1;
    await repository.store.put(claim!.key, bytes);
    await expect(own(empty[0]!)).rejects.toMatchObject({
      code: 'object-corrupt',
      message: expect.stringContaining(claim!.key) as string,
    });
    await own(catalog);
    expect(await owners()).toEqual([true]);
  });

  it('of the original and a copy of an embedded catalog the one that started later stops', async () => {
    // What tells a copy from a catalog that several servers share is that nobody else can use the embedded one.
    const embedded: Catalog = { ...full[0]!, kind: 'embedded' };
    await (await own(embedded))[Symbol.asyncDispose]();
    const [original, copy] = [await own(embedded), await own(embedded)];
    expect((await copy.lost).message).toContain('runs on a copy of this catalog');
    const nothing = Symbol('not lost');
    expect(await Promise.race([original.lost, Promise.resolve(nothing)])).toBe(nothing);
  });
});
