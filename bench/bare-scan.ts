import { createCipheriv, hash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { constants, createGzip, zstdCompress } from 'node:zlib';
import type { MongoClient } from 'mongodb';
import type { RawBatch } from '../src/lib/raw-bson.ts';
import { readRaw } from '../src/mongo/raw-cursor.ts';
import type { Prepare } from './measured-work.ts';

const compress = promisify(zstdCompress);
const level1 = { params: { [constants.ZSTD_c_compressionLevel]: 1 }, chunkSize: 1024 * 1024 };

/** What a dump tool does at least: every document read once, and its raw bytes handed on. */
async function* scanned(client: MongoClient, db: string, collection: string): AsyncGenerator<Buffer, void> {
  const signal = new AbortController().signal;
  for await (const batch of readRaw(client.db(db), { find: collection, hint: { $natural: 1 } }, { signal })) yield joined(batch);
}

function joined({ buffer, starts, count }: RawBatch): Buffer {
  const parts = Array.from({ length: count }, (_, n) => buffer.subarray(starts[n]!, starts[n]! + buffer.readInt32LE(starts[n]!)));
  return Buffer.concat(parts);
}

/** Reads the collection and throws it away. */
export const scan: Prepare<'scan'> = async ({ db, collection }, connect) => {
  const client = await connect();
  return async () => {
    let bytes = 0;
    for await (const part of scanned(client, db, collection)) bytes += part.length;
    return { bytes };
  };
};

/** Reads the collection into a file of raw BSON, as a plain dump does. */
export const scanToFile: Prepare<'scan-to-file'> = async ({ db, collection, folder }, connect) => {
  const client = await connect();
  return async () => {
    let bytes = 0;
    await using file = await open(join(folder, 'plain.bson'), 'w');
    for await (const part of scanned(client, db, collection)) {
      await file.write(part);
      bytes += part.length;
    }
    await file.sync();
    return { bytes };
  };
};

/** The same through gzip at its default level, as a dump with `--gzip` does: one stream for a collection. */
export const scanToGzip: Prepare<'scan-to-gzip'> = async ({ db, collection, folder }, connect) => {
  const client = await connect();
  return async () => {
    let bytes = 0;
    await using file = await open(join(folder, 'dump.bson.gz'), 'w');
    const gzip = createGzip();
    const written = (async () => {
      for await (const part of gzip) await file.write(part as Buffer);
    })();
    for await (const part of scanned(client, db, collection)) {
      bytes += part.length;
      if (!gzip.write(part)) await once(gzip, 'drain');
    }
    gzip.end();
    await written;
    await file.sync();
    return { bytes };
  };
};

/** zstd level 1, SHA-256 and AES-256-GCM alone, over bytes of the collection in pieces of 1 MiB: the least that a stored byte costs. */
export const codec: Prepare<'codec'> = async ({ db, collection, most }, connect) => {
  const client = await connect();
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const part of scanned(client, db, collection)) {
    for (let at = 0; at < part.length; at += 1024 * 1024) pieces.push(part.subarray(at, at + 1024 * 1024));
    bytes += part.length;
    if (bytes >= most) break;
  }
  const key = randomBytes(32);
  return async () => {
    for (const piece of pieces) {
      hash('sha256', piece, 'buffer');
      const cipher = createCipheriv('aes-256-gcm', key, randomBytes(12));
      cipher.update(await compress(piece, level1));
      cipher.final();
    }
    return { bytes };
  };
};
