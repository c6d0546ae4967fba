import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { serialize } from 'bson';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { oddDocuments } from '../../../test/fixtures/odd-documents.ts';
import { writeDump, type Dump } from '../../../test/fixtures/mongodump-archive.ts';
import { batchOfDocuments } from '../../lib/raw-bson.ts';
import type { Manifest } from '../../core/image.ts';
import type { ProjectRepository } from '../../repository/port.ts';
import { archiveContents } from '../export/archive-contents.ts';
import { writeArchive } from '../export/write-archive.ts';
import { planImport } from './imported-images.ts';
import { openArchive } from './read-archive.ts';

const header = { concurrent_collections: 4, version: '0.1', server_version: '6.0.5', tool_version: '100.9.4' };
const dump: Dump = {
  header,
  collections: [
    {
      db: 'shop',
      collection: 'orders',
      type: 'collection',
      metadata: '',
      documents: [1, 2, 3].map((n) => Buffer.from(serialize({ _id: n }))),
    },
    { db: 'shop', collection: 'empty', type: 'collection', metadata: '', documents: [] },
  ],
};

async function* pieces(bytes: Buffer, length = 7): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

/** Everything that the reader finds, in order. */
async function read(bytes: Buffer, length?: number): Promise<string[]> {
  const archive = await openArchive(pieces(bytes, length));
  const seen = archive.prelude.collections.map(({ db, collection, type }) => `${type} ${db}.${collection}`);
  for await (const part of archive.parts)
    seen.push(
      part.kind === 'end'
        ? `end ${part.collection} ${part.documents}`
        : `${part.collection} ${part.batch.buffer.toString('hex')}`,
    );
  return seen;
}

describe('a mongodump archive', () => {
  it('is read whatever the pieces are in which it comes', async () => {
    const archive = writeDump(dump, 2);
    const hex = dump.collections[0]!.documents.map((raw) => raw.toString('hex'));
    const wanted = [
      'collection shop.orders',
      'collection shop.empty',
      `orders ${hex[0]}${hex[1]}`,
      'end empty 0',
      `orders ${hex[2]}`,
      'end orders 3',
    ];
    for (const length of [1, 3, 64, 1 << 20]) expect(await read(archive, length)).toEqual(wanted);
  });

  it('P9: of which any byte is another or missing is refused, or means the same', async () => {
    const archive = writeDump(dump);
    const whole = await read(archive);
    await fc.assert(
      fc.asyncProperty(fc.nat(archive.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const changed = Buffer.from(archive);
        changed[at]! ^= change;
        const documents = (lines: readonly string[]) => lines.filter((line) => line.startsWith('orders '));
        const found = await read(changed).catch((error: unknown) => error);
        if (Array.isArray(found)) expect(documents(found)).toEqual(documents(whole));
        else expect(found).toMatchObject({ code: 'invalid-archive', details: { offset: expect.any(Number) } });
      }),
    );
    for (let end = 0; end < archive.length; end++)
      await expect(read(archive.subarray(0, end))).rejects.toMatchObject({ code: 'invalid-archive' });
  });

  it('P9: that claims what is not there is refused before anything is held for it', async () => {
    const archive = writeDump(dump);
    for (const length of [0x7fffffff, 17 * 1024 * 1024, 4, -2]) {
      const lying = Buffer.from(archive);
      lying.writeInt32LE(length, lying.indexOf(dump.collections[0]!.documents[0]!));
      await expect(read(lying, 1 << 20), `${length} bytes`).rejects.toMatchObject({ code: 'invalid-archive' });
    }
  });

  it('P9: whose metadata is no JSON, whose names no server has, or that lists a name twice is refused', () => {
    const listed = (over: object) => [{ db: 'a', collection: 'b', metadata: '', type: 'collection', ...over }] as const;
    for (const over of [
      { metadata: '{' },
      { metadata: '[]' },
      { metadata: '{"indexes":[{"name":"x"}]}' },
      { metadata: '{"options":{"size":{"$numberInt":"x"}}}' },
      { metadata: `{"options":${'{"a":'.repeat(1000)}` },
      { db: 'a/b' },
      { db: '' },
      { collection: 'a\0b' },
      { collection: 'x'.repeat(300) },
    ])
      expect(() => planImport(listed(over)), JSON.stringify(over).slice(0, 80)).toThrow(/The archive cannot be read/);
    expect(() => planImport([...listed({}), ...listed({})])).toThrow(/twice/);
  });

  it('of which some is the server’s own: that is left out, and said', () => {
    const listed = (db: string, collection: string) => ({ db, collection, metadata: '', type: 'collection' }) as const;
    const plan = planImport([
      listed('', 'oplog'),
      listed('config', 'settings'),
      listed('admin', 'system.version'),
      listed('a', 'b'),
    ]);
    expect([...plan.collections.keys()]).toEqual(['a.b']);
    expect(plan.notes).toEqual([expect.stringContaining('oplog'), expect.stringContaining('config.settings')]);
  });
});

describe('an archive that is written', () => {
  const base64 = (document: object): string => Buffer.from(serialize(document)).toString('base64');
  const documents = [Buffer.from(serialize({ _id: 1, text: 'ä' })), oddDocuments().get('exactly 16 MiB')!];
  const manifest = {
    source: { setName: 's', member: 'm', serverVersion: '6.0.5', featureCompatibilityVersion: '6.0' },
    collections: [
      {
        db: 'shop',
        name: 'orders',
        uuid: 'ab'.repeat(16),
        options: base64({ validator: { n: { $gt: 1 } } }),
        indexes: [
          base64({ v: 2, key: { _id: 1 }, name: '_id_' }),
          base64({ v: 2, key: { b: 1, a: -1.5 }, name: 'n', unique: true }),
        ],
        layers: [{}],
      },
      { db: 'shop', name: 'system.buckets.s', uuid: 'cd'.repeat(16), options: base64({}), indexes: [], layers: [{}] },
      { db: 'admin', name: 'system.users', uuid: 'ef'.repeat(16), options: base64({}), indexes: [], layers: [] },
    ],
    views: [
      { db: 'shop', name: 's', type: 'timeseries', options: base64({ timeseries: { timeField: 't' } }), indexes: [] },
      { db: 'shop', name: 'v', type: 'view', options: base64({ viewOn: 'orders', pipeline: [] }), indexes: [] },
    ],
  } as unknown as Manifest;
  const repository = {
    async *readImage(layers: readonly unknown[]) {
      if (layers.length > 0) yield batchOfDocuments(documents);
    },
  } as unknown as ProjectRepository;

  const written = async (): Promise<Buffer> => {
    const items = archiveContents(manifest, []);
    const signal = new AbortController().signal;
    return Buffer.concat(await Array.fromAsync(writeArchive({ manifest, items, repository, toolVersion: 'larder-1', signal })));
  };

  it('is byte for byte what it always was', async () => {
    const archive = await written();
    const golden = new URL('../../../test/fixtures/archive.golden', import.meta.url);
    // The large document is left to a hash.
    const end = archive.indexOf(documents[1]!);
    const shown = [archive.subarray(0, end).toString('base64'), createHash('sha256').update(archive).digest('hex'), ''].join(
      '\n',
    );
    expect(shown).toBe(await readFile(golden, 'utf8'));
  });

  it('holds documents of 16 MiB, and is read again', async () => {
    const archive = await written();
    const seen = await read(archive, 1 << 20);
    expect(seen.filter((line) => line.startsWith('end'))).toEqual([
      'end system.version 2',
      'end orders 2',
      'end system.buckets.s 2',
      'end system.users 0',
      'end v 0',
    ]);
  });

  it('lists what mongorestore needs to know', () => {
    const items = archiveContents(manifest, []);
    expect(items.map(({ listed: { db, collection, type } }) => `${type} ${db}.${collection}`)).toEqual([
      'collection admin.system.version',
      'collection shop.orders',
      'timeseries shop.s',
      'collection admin.system.users',
      'view shop.v',
    ]);
    expect(items.map(({ dataName }) => dataName)).toEqual(['system.version', 'orders', 'system.buckets.s', 'system.users', 'v']);
  });
});
