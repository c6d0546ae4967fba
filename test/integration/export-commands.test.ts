import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { EJSON, serialize } from 'bson';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readDump, writeDump, type Dump } from '../fixtures/mongodump-archive.ts';
import { startLarder, type Larder } from '../fixtures/start-larder.ts';
import { runLarder } from '../fixtures/run-larder.ts';
import { temporaryFolder, type TemporaryFolder } from '../fixtures/temporary-folder.ts';

const documents = Array.from({ length: 3000 }, (_, n) => Buffer.from(serialize({ _id: n, text: `ä ${n}`, at: new Date(n) })));
const idIndex = { v: { $numberInt: '2' }, key: { _id: { $numberInt: '1' } }, name: '_id_' };
const definition = (collection: string, options: object, indexes: readonly object[] = [idIndex]) =>
  JSON.stringify({ options, indexes, uuid: 'ab'.repeat(16), collectionName: collection });
const collection = (name: string, of: readonly Buffer[], options = {}): Dump['collections'][number] => ({
  db: 'shop',
  collection: name,
  type: 'collection',
  metadata: definition(name, options),
  documents: of,
});
const dump: Dump = {
  header: { concurrent_collections: 4, version: '0.1', server_version: '6.0.5', tool_version: '100.9.4' },
  collections: [
    collection('orders', documents),
    collection('odd % / name', documents.slice(0, 2), { capped: true, size: { $numberInt: '4096' } }),
    collection('x'.repeat(240), []),
    {
      db: 'shop',
      collection: 'big',
      type: 'view',
      metadata: definition('big', { viewOn: 'orders', pipeline: [] }, []),
      documents: [],
    },
    {
      db: 'shop',
      collection: 'series',
      type: 'timeseries',
      metadata: definition('series', { timeseries: { timeField: 't' } }, []),
      documents: documents.slice(5, 9),
    },
  ],
};

let folder: TemporaryFolder;
let server: Larder;

beforeAll(async () => {
  folder = await temporaryFolder();
  server = await startLarder({ dataFolder: join(folder.path) });
  await writeFile(join(folder.path, 'dump.archive.gz'), gzipSync(writeDump(dump, 100)));
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** Runs `larder` in this process against the server, or its repository. */
async function larder(args: readonly string[], input: Uint8Array = Buffer.alloc(0)) {
  const env = {
    LARDER_ENDPOINT: server.endpoint,
    LARDER_DATA_DIR: folder.path,
    OS_USERNAME: 'admin',
    OS_PASSWORD: server.password,
    OS_PROJECT_ID: server.projectId,
  };
  const { code, bytes, stderr: err } = await runLarder([...args, '--json'], { env, folder: folder.path, input });
  return { code, bytes, err, json: () => JSON.parse(bytes.toString()) as Record<string, unknown> };
}

const read = (name: string): Promise<Buffer> => readFile(join(folder.path, name));
const dataOf = ({ collections }: Dump) =>
  Object.fromEntries(collections.map(({ collection: name, type, documents: of }) => [name, [type, ...of.map(String)]]));

it('an archive of a mongodump becomes a backup, from a file and from a pipe', async () => {
  const made = await larder([
    'backup',
    'import',
    'dump.archive.gz',
    '--name',
    'from-a-file',
    '--description',
    'of the old server',
  ]);
  expect(made, made.err).toMatchObject({ code: 0 });
  expect(made.json()).toMatchObject({ collections: 4, documents: 3006, server_version: '6.0.5' });
  const piped = await larder(['backup', 'import', '-', '--name', 'from-a-pipe'], writeDump(dump));
  expect(piped, piped.err).toMatchObject({ code: 0 });
  const shown = await larder(['backup', 'show', 'from-a-file']);
  expect(shown.json()).toMatchObject({
    status: 'COMPLETED',
    instance_name: 'imported',
    description: 'of the old server',
    consistency: 'none',
    cluster_time: null,
    notes: [expect.stringContaining('Imported from a mongodump archive')],
  });
  expect(await larder(['backup', 'import', 'dump.archive.gz', '--name', 'from-a-file'])).toMatchObject({ code: 4 });
  expect(await larder(['backup', 'import', 'nowhere', '--name', 'no-file'])).toMatchObject({ code: 2 });
  const broken = await larder(['backup', 'import', '-', '--name', 'broken'], writeDump(dump).subarray(0, 10_000));
  expect(broken.code).toBe(2);
  expect(broken.err).toContain('it ends within');
});

it('a backup is exported as an archive: to a file, to a pipe, and without the server', async () => {
  expect(await larder(['backup', 'export', '--backup', 'from-a-file', '--gzip'])).toMatchObject({ code: 0 });
  const exported = readDump(gunzipSync(await read('from-a-file.archive.gz')));
  expect(dataOf(exported)).toEqual(dataOf(dump));
  const piped = await larder(['backup', 'export', '--backup', 'from-a-file', '--out', '-']);
  expect(piped.code).toBe(0);
  expect(dataOf(readDump(piped.bytes))).toEqual(dataOf(exported));
  const local = await larder(['backup', 'export', '--backup', 'from-a-file', '--local', '--gzip', '--out', 'local.archive.gz']);
  expect(local, local.err).toMatchObject({ code: 0 });
  expect(dataOf(readDump(gunzipSync(await read('local.archive.gz'))))).toEqual(dataOf(exported));
  expect(await larder(['backup', 'export', '--backup', 'from-a-file', '--gzip'])).toMatchObject({ code: 4 });
  expect(await larder(['backup', 'export', '--backup', 'nothing', '--local'])).toMatchObject({ code: 3 });
  expect(await larder(['backup', 'export', '--backup', 'from-a-file', '--ns', 'shop.nothing', '--out', 'no'])).toMatchObject({
    code: 2,
  });
});

it('a backup is exported as the folder of a mongodump', async () => {
  expect(await larder(['backup', 'export', '--backup', 'from-a-file', '--format', 'bson', '--out', 'folder'])).toMatchObject({
    code: 0,
  });
  const long = `${'x'.repeat(208)}%24`;
  const names = await readdir(join(folder.path, 'folder', 'shop'));
  expect(names.map((name) => name.replace(/(%24)[\w-]{27}/, '$1')).toSorted()).toEqual(
    [
      'big.metadata.json',
      'odd%20%25%20%2F%20name.bson',
      'odd%20%25%20%2F%20name.metadata.json',
      'orders.bson',
      'orders.metadata.json',
      'series.metadata.json',
      'system.buckets.series.bson',
      `${long}.bson`,
      `${long}.metadata.json`,
    ].toSorted(),
  );
  expect(await read('folder/shop/orders.bson')).toEqual(Buffer.concat(documents));
  expect(JSON.parse(String(await read('folder/shop/odd%20%25%20%2F%20name.metadata.json')))).toMatchObject({
    options: { capped: true, size: { $numberInt: '4096' } },
    indexes: [idIndex],
    collectionName: 'odd % / name',
  });
  const packed = await larder([
    'backup',
    'export',
    '--backup',
    'from-a-file',
    '--format',
    'bson',
    '--gzip',
    '--out',
    'packed',
    '--ns',
    'shop.orders',
  ]);
  expect(packed).toMatchObject({ code: 0 });
  expect(await readdir(join(folder.path, 'packed', 'shop'))).toEqual(['orders.bson.gz', 'orders.metadata.json.gz']);
  expect(gunzipSync(await read('packed/shop/orders.bson.gz'))).toEqual(Buffer.concat(documents));
  expect(await larder(['backup', 'export', '--backup', 'from-a-file', '--format', 'bson', '--out', 'folder'])).toMatchObject({
    code: 4,
  });
});

it('a backup is exported as lines of Extended JSON', async () => {
  const lines = await larder([
    'backup',
    'export',
    '--backup',
    'from-a-file',
    '--format',
    'jsonl',
    '--ns',
    'shop.orders',
    '--out',
    '-',
  ]);
  expect(lines.code).toBe(0);
  const parsed = lines.bytes.toString().trimEnd().split('\n');
  expect(parsed).toHaveLength(3000);
  expect(parsed[7]).toBe('{"_id":{"$numberInt":"7"},"text":"ä 7","at":{"$date":{"$numberLong":"7"}}}');
  expect(parsed.map((line) => Buffer.from(serialize(EJSON.parse(line, { relaxed: false }))))).toEqual(documents);
  expect(await larder(['backup', 'export', '--backup', 'from-a-file', '--format', 'jsonl', '--out', 'lines'])).toMatchObject({
    code: 0,
  });
  expect(String(await read('lines/shop/orders.jsonl'))).toBe(lines.bytes.toString());
  for (const args of [
    ['--format', 'jsonl', '--out', '-'],
    ['--format', 'bson', '--out', '-'],
    ['--format', 'csv'],
  ])
    expect(await larder(['backup', 'export', '--backup', 'from-a-file', ...args])).toMatchObject({ code: 2 });
});
