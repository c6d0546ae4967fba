import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import { Kysely, PGliteDialect, PostgresDialect } from 'kysely';
import pg from 'pg';
import { LarderError } from '../core/errors.ts';
import { runProcess } from '../lib/run-process.ts';
import { DataFolderLock } from './data-folder-lock.ts';
import { migrateCatalog } from './migrate-catalog.ts';
import type { CatalogSchema } from './schema.ts';

/** Where the queue keeps its own tables: the same database. Holds a password: never log it. */
export type QueueDatabase =
  | { readonly kind: 'embedded'; readonly pglite: PGlite }
  | { readonly kind: 'server'; readonly url: string };

/** The relational database: an index of the repository, and the queue. */
export interface Catalog extends AsyncDisposable {
  readonly db: Kysely<CatalogSchema>;
  /** `embedded`: this process is the only one that uses it. `server`: any number may. */
  readonly kind: 'embedded' | 'server';
  readonly queueDatabase: QueueDatabase;
  /** Ends all use; the data folder is free afterwards. Repeating it is harmless. */
  close(): Promise<void>;
}

export interface CatalogOptions {
  /** Locked for as long as the catalog is open if embedded; the database lies in `catalog` under it. */
  readonly dataFolder: string;
  /** `postgres://…`: a server instead of the embedded database. */
  readonly databaseUrl?: string;
  /** Told about a connection that broke while nobody used it. */
  readonly onError?: (error: unknown) => void;
  /** Looked at between the steps of opening; an open catalog is closed with `close`. */
  readonly signal?: AbortSignal;
}

/** int8: every number we store is far below 2^53. */
const bigintType = 20;

const connectTimeoutMs = 10_000;
const createTimeoutMs = 120_000;

/** The optimizing compiler takes hundreds of megabytes for this one module, and makes it no faster for what a catalog does. */
const lessCompilerMemory = '--liftoff-only';

/** So small because the catalog is: it saves over 100 MB of memory, 15 of them beyond 16MB, which answers lists of 10,000 backups a tenth faster. */
const sharedBuffers = '4MB';

/**
 * Opens the catalog and brings its tables up to date. `data-folder-locked`, `invalid-setting` (the URL or the folder is
 * none), `catalog-unavailable` (no answer, or the database refuses us), `cancelled`. On an error nothing stays open.
 */
export async function openCatalog(options: CatalogOptions): Promise<Catalog> {
  const catalog =
    options.databaseUrl === undefined
      ? await openEmbedded(options.dataFolder)
      : await openServer(options.databaseUrl, options.onError);
  try {
    if (options.signal?.aborted === true) throw new LarderError('cancelled', 'Opening the catalog was cancelled.');
    await migrateCatalog(catalog.db);
    return catalog;
  } catch (error) {
    await catalog.close();
    throw error instanceof LarderError ? error : unavailable('The catalog could not be brought up to date', error);
  }
}

async function openEmbedded(dataFolder: string): Promise<Catalog> {
  const lock = DataFolderLock.acquire(dataFolder);
  try {
    await createWhereMissing(join(dataFolder, 'catalog'));
    const pglite = await PGlite.create({
      dataDir: join(dataFolder, 'catalog'),
      startParams: [...PGlite.defaultStartParams, '-c', `shared_buffers=${sharedBuffers}`],
      parsers: { [bigintType]: Number },
    });
    return catalogOver(
      new Kysely({ dialect: new PGliteDialect({ pglite }) }),
      'embedded',
      { kind: 'embedded', pglite },
      async () => {
        if (!pglite.closed) await pglite.close();
        lock[Symbol.dispose]();
      },
    );
  } catch (error) {
    lock[Symbol.dispose]();
    throw unavailable('The embedded catalog could not be opened', error);
  }
}

/** The database appears under its name when it is complete: a first start cut short leaves nothing that looks like one. */
async function createWhereMissing(folder: string): Promise<void> {
  if (existsSync(folder)) return;
  const unfinished = `${folder}.new`;
  await rm(unfinished, { recursive: true, force: true });
  const program = fileURLToPath(
    new URL(import.meta.url.endsWith('.ts') ? './create-embedded.ts' : './create-embedded.js', import.meta.url),
  );
  await runProcess(process.execPath, [lessCompilerMemory, program, unfinished], {
    signal: new AbortController().signal,
    timeoutMs: createTimeoutMs,
  });
  await rename(unfinished, folder);
}

async function openServer(url: string, onError: CatalogOptions['onError']): Promise<Catalog> {
  const address = addressOf(url);
  const pool = new pg.Pool({
    connectionString: url,
    max: 10,
    connectionTimeoutMillis: connectTimeoutMs,
    application_name: 'larder',
    types: { getTypeParser: (oid, format) => (oid === bigintType ? Number : pg.types.getTypeParser(oid, format)) },
  });
  // Without a listener a connection that breaks while idle would end the process.
  pool.on('error', (error) => onError?.(error));
  try {
    const connection = await pool.connect();
    connection.release();
  } catch (error) {
    await pool.end();
    throw unavailable(`The catalog database at ${address} cannot be used`, error);
  }
  const db = new Kysely<CatalogSchema>({ dialect: new PostgresDialect({ pool }) });
  return catalogOver(db, 'server', { kind: 'server', url }, () => db.destroy());
}

function catalogOver(
  db: Kysely<CatalogSchema>,
  kind: Catalog['kind'],
  queueDatabase: QueueDatabase,
  end: () => Promise<void>,
): Catalog {
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= end());
  return { db, kind, queueDatabase, close, [Symbol.asyncDispose]: close };
}

/** Host, port and database, without user and password. */
function addressOf(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null || !/^postgres(ql)?:$/.test(parsed.protocol)) {
    throw new LarderError('invalid-setting', 'The database URL must look like postgres://user:password@host:port/database.');
  }
  return `${parsed.host}${parsed.pathname}`;
}

function unavailable(what: string, error: unknown): LarderError {
  const reason = typeof error === 'object' && error !== null && 'code' in error ? ` (${String(error.code)})` : '';
  return new LarderError('catalog-unavailable', `${what}${reason}.`, { cause: error, retryable: true });
}
