import { createCipheriv, createHash } from 'node:crypto';
import { serialize, type Document } from 'bson';
import type { CollectionImage, LayerRef, Manifest } from '../../src/core/image.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { documentLength, type RawBatch } from '../../src/lib/raw-bson.ts';
import { openRepository, type OpenedRepository } from '../../src/repository/open-repository.ts';
import type { ProjectRepository, RepositoryWriter } from '../../src/repository/port.ts';
import type { ObjectStore } from '../../src/storage/port.ts';

export const project = '0123456789abcdef0123456789abcdef';
/** A key file: a passphrase costs a quarter of a second each time on purpose. */
export const unlock = { kind: 'key-file', key: Buffer.alloc(32, 7) } as const;

/** A clock that stands still until it is moved. */
export interface TestClock extends Clock {
  advance(milliseconds: number): void;
}

export function testClock(): TestClock {
  let time = 1_700_000_000_000;
  return {
    now: () => new Date(time),
    advance(milliseconds) {
      time += milliseconds;
    },
  };
}

export function open(store: ObjectStore, clock: Clock = testClock()): Promise<OpenedRepository> {
  return openRepository({ store, unlock, clock, create: true });
}

/** Raw documents with gaps between them, as in an answer of a server. */
export function batchOf(documents: readonly Buffer[]): RawBatch {
  const starts = new Uint32Array(documents.length);
  const parts: Buffer[] = [];
  let at = 0;
  documents.forEach((document, n) => {
    const gap = Buffer.alloc(n % 4, 0xee);
    parts.push(gap, document);
    starts[n] = at + gap.length;
    at += gap.length + document.length;
  });
  return { buffer: Buffer.concat(parts), starts, count: documents.length };
}

export function raw(document: Document): Buffer {
  return Buffer.from(serialize(document));
}

/** The documents of a batch, copied out. */
export function documentsOf(batch: RawBatch): Buffer[] {
  return Array.from({ length: batch.count }, (_, n) => {
    const start = batch.starts[n]!;
    return Buffer.from(batch.buffer.subarray(start, start + documentLength(batch.buffer, start)));
  });
}

/** Bytes that look random and are the same in every run. */
export function noise(seed: string, length: number): Buffer {
  const key = createHash('sha256').update(seed).digest().subarray(0, 16);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
}

/** So many documents of so many bytes of noise, `_id` from `first` on. */
export function sampleDocuments(count: number, size: number, first = 0, seed = 'sample'): Buffer[] {
  return Array.from({ length: count }, (_, n) => raw({ _id: first + n, data: noise(`${seed} ${first + n}`, size) }));
}

export async function writeLayer(
  writer: RepositoryWriter,
  kind: LayerRef['kind'],
  documents: readonly Buffer[],
  removals: readonly Buffer[] = [],
): Promise<LayerRef> {
  const layer = writer.beginLayer(kind);
  for (let n = 0; n < documents.length; n += 100) await layer.addDocuments(batchOf(documents.slice(n, n + 100)));
  if (removals.length > 0) await layer.addRemovals(batchOf(removals));
  return layer.finish();
}

export function collectionOf(name: string, layers: readonly LayerRef[]): CollectionImage {
  return {
    db: 'shop',
    name,
    uuid: createHash('md5').update(name).digest('hex'),
    capped: false,
    options: raw({}).toString('base64'),
    indexes: [raw({ v: 2, key: { _id: 1 }, name: '_id_' }).toString('base64')],
    documents: layers.reduce((sum, layer) => sum + layer.documents, 0),
    documentsExact: true,
    bytes: layers.reduce((sum, layer) => sum + layer.bytes, 0),
    layers,
  };
}

export function manifestOf(backupId: string, collections: readonly CollectionImage[], projectId = project): Manifest {
  return {
    formatVersion: 1,
    backupId,
    projectId,
    instanceId: 'f'.repeat(32),
    instanceName: 'orders',
    name: `backup-${backupId}`,
    description: '',
    type: 'Manual',
    startedAt: '2026-01-02T03:04:05.000Z',
    finishedAt: '2026-01-02T03:05:05.000Z',
    clusterTime: { t: 1_767_323_045, i: 1 },
    term: 1,
    consistency: 'snapshot',
    baseBackupId: null,
    source: { setName: 'rs', member: 'localhost:27017', serverVersion: '6.0.5', featureCompatibilityVersion: '6.0' },
    notes: [],
    collections,
    views: [],
    cost: { documentsRead: 0, bytesRead: 0, oplogEntriesRead: 0, bytesStored: 0, blocksReused: 0, blocksStored: 0 },
  };
}

/** Takes a backup of named collections, each one scan layer. */
export async function backUp(
  repository: ProjectRepository,
  backupId: string,
  collections: Readonly<Record<string, readonly Buffer[]>>,
  projectId = project,
): Promise<Manifest> {
  const writer = await repository.beginWrite();
  const images: CollectionImage[] = [];
  for (const [name, documents] of Object.entries(collections))
    images.push(collectionOf(name, [await writeLayer(writer, 'scan', documents)]));
  const manifest = manifestOf(backupId, images, projectId);
  await writer.commit(manifest);
  return manifest;
}

/** The documents of an image, as hex, sorted. */
export async function imageOf(repository: ProjectRepository, layers: readonly LayerRef[]): Promise<string[]> {
  const documents: string[] = [];
  for await (const batch of repository.readImage(layers))
    for (const document of documentsOf(batch)) documents.push(document.toString('hex'));
  return documents.sort();
}

export function hexOf(documents: readonly Buffer[]): string[] {
  return documents.map((document) => document.toString('hex')).sort();
}

/** Everything a backup holds, by collection. */
export async function restoreAll(repository: ProjectRepository, backupId: string): Promise<Record<string, string[]>> {
  const manifest = await repository.readManifest(backupId);
  const restored: Record<string, string[]> = {};
  for (const { name, layers } of manifest.collections) restored[name] = await imageOf(repository, layers);
  return restored;
}
