import { Binary, MongoClient, UUID, type Document } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { fetchMongod } from '../../src/provider/fetch-mongod.ts';
import { backUp, restoreTo, testRepository } from '../fixtures/backup.ts';
import { compareWithSource } from '../fixtures/compare-with-source.ts';
import { instanceState } from '../fixtures/instance-state.ts';
import { replicaSet, startTestSet } from '../fixtures/replica-set.ts';

describe('a set of 6.0', () => {
  const set = replicaSet({ members: 1 });

  it('D7: encrypted fields, their collections and a schema of encryption are backed up while they change, and come back', async () => {
    await using client = new MongoClient(set().uri);
    const db = client.db('secret');
    const names = { escCollection: 'enxcol_.q.esc', eccCollection: 'enxcol_.q.ecc', ecocCollection: 'enxcol_.q.ecoc' };
    const fields = [
      { keyId: new UUID(), path: 'ssn', bsonType: 'string', queries: { queryType: 'equality', contention: 4 } },
      { keyId: new UUID(), path: 'deep.card', bsonType: 'int' },
    ];
    // What a driver with automatic encryption creates.
    for (const name of Object.values(names))
      await db.command({ create: name, clusteredIndex: { key: { _id: 1 }, unique: true } });
    await db.command({ create: 'q', encryptedFields: { ...names, fields } });
    await db.collection('q').createIndex({ __safeContent__: 1 });
    const encrypt = { bsonType: 'string', algorithm: 'AEAD_AES_256_CBC_HMAC_SHA_512-Deterministic', keyId: [new UUID()] };
    await db.command({ create: 'csfle', validator: { $jsonSchema: { properties: { ssn: { encrypt } } } } });
    await client
      .db('keys')
      .collection('__keyVault')
      .createIndex({ keyAltNames: 1 }, { unique: true, partialFilterExpression: { keyAltNames: { $exists: true } } });
    const sealed = (kind: number, n: number): Binary =>
      new Binary(Buffer.concat([Buffer.from([kind]), Buffer.alloc(16, n), Buffer.from([2]), Buffer.alloc(64, n + 1)]), 6);
    /** Encrypted, not queryable: the key's id, the type of what is in it, and that. */
    const unindexed = (n: number): Binary =>
      new Binary(Buffer.concat([Buffer.from([6]), fields[1]!.keyId.buffer, Buffer.from([0x10]), Buffer.alloc(64, n)]), 6);
    const write = async (from: number): Promise<void> => {
      for (let n = from; n < from + 20; n++) {
        await db.collection<Document & { _id: number }>('csfle').insertOne({ _id: n, ssn: sealed(1, n), other: sealed(2, n) });
        await db.collection<Document & { _id: number }>('q').insertOne({ _id: n, deep: { card: unindexed(n) } });
        await db
          .collection(names.escCollection)
          .insertOne({ _id: new Binary(Buffer.alloc(32, n)) as never, value: sealed(3, n) });
        await client
          .db('keys')
          .collection('__keyVault')
          .insertOne({ keyAltNames: [`key${n}`], keyMaterial: new Binary(Buffer.alloc(96, n)) });
      }
      await db.collection<Document & { _id: number }>('csfle').updateOne({ _id: from }, { $set: { ssn: sealed(2, from + 3) } });
    };
    await write(0);
    const repository = await testRepository();
    await backUp(repository, set().uri, 'first', []);
    await write(20);
    const second = await backUp(repository, set().uri, 'second', ['first']);
    expect(second).toMatchObject({ baseBackupId: 'first', notes: [] });
    expect(await compareWithSource(client, repository, second)).toBeGreaterThanOrEqual(5);
    const before = await instanceState(client);
    for (const name of ['secret', 'keys']) await client.db(name).dropDatabase();
    expect(await restoreTo(repository, set().uri, 'second', true)).toMatchObject({ verified: true });
    expect(await instanceState(client)).toEqual(before);
  });

  it('C4: indexes of 4.4 with options that 6.0 refuses: the data is kept and each of them is named', async () => {
    const mongod = await fetchMongod('4.4.2', { env: process.env, signal: AbortSignal.timeout(300_000), log: () => undefined });
    await using old = await startTestSet({ mongod, members: 1, setName: 'old' });
    await using source = new MongoClient(old.uri);
    await using client = new MongoClient(set().uri);
    const db = source.db('legacy');
    await db.collection('c').insertMany(Array.from({ length: 50 }, (_, n) => ({ n, place: [n, n], kind: 'k' })));
    await db.command({ create: 'auto', autoIndexId: true });
    const indexes = [
      { key: { place: 'geoHaystack', kind: 1 }, name: 'hay', bucketSize: 1 },
      { key: { n: 1 }, name: 'words', sparse: 'yes' },
      { key: { kind: 1 }, name: 'bucket', bucketSize: 4 },
      { key: { n: -1 }, name: 'fine', background: true },
    ];
    await db.command({ createIndexes: 'c', indexes });
    const repository = await testRepository();
    await backUp(repository, old.uri, 'legacy', []);
    // On a server that takes them they come back as they are.
    const before = await instanceState(source);
    await db.dropDatabase();
    await restoreTo(repository, old.uri, 'legacy', true);
    expect(await instanceState(source)).toEqual(before);
    const failure: unknown = await restoreTo(repository, set().uri, 'legacy', true).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'restore-failed',
      message: expect.stringContaining('All data is restored and compared'),
    });
    for (const name of ['hay', 'words', 'bucket']) expect(String(failure)).toContain(`${name} of legacy.c`);
    const found = (await client.db('legacy').collection('c').indexes()).map(({ name }) => name);
    expect(new Set(found)).toEqual(new Set(['_id_', 'fine']));
    const hashes = async (of: MongoClient): Promise<unknown> => (await of.db('legacy').command({ dbHash: 1 }))['collections'];
    expect(await hashes(client)).toEqual(await hashes(source));
    // Where nothing may be replaced the data stays all the same.
    await using empty = await startTestSet({ members: 1, setName: 'empty' });
    await using other = new MongoClient(empty.uri);
    await expect(restoreTo(repository, empty.uri, 'legacy', false)).rejects.toMatchObject({
      message: String((failure as Error).message),
    });
    expect(await hashes(other)).toEqual(await hashes(source));
    expect((await other.db('legacy').listCollections().toArray()).filter(({ name }) => name.startsWith('larder.'))).toEqual([]);
  });
});
