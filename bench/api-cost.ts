import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fastify } from 'fastify';
import { openCatalog } from '../src/catalog/open-catalog.ts';
import { startTestSet } from '../test/fixtures/replica-set.ts';
import { startLarder, type Larder } from '../test/fixtures/start-larder.ts';
import { startPostgres } from '../test/fixtures/start-postgres.ts';
import { temporaryFolder } from '../test/fixtures/temporary-folder.ts';
import type { Figure } from './report.ts';

interface ApiBenchOptions {
  /** In the list. */
  readonly backups: number;
  /** Of each kind, after a tenth as many that are not counted. */
  readonly requests: number;
}

/** Clients that ask at the same time, each one request after the other. */
const clients = 8;

/** Requests a second and p99 of a token, of pages of a long list, and of creations, with both catalogs, beside a route that does nothing. */
export function apiCost(options: ApiBenchOptions): () => Promise<readonly Figure[]> {
  return async () => {
    await using folder = await temporaryFolder();
    await using set = await startTestSet({ members: 1 });
    await using postgres = await startPostgres();
    const figures = await measureBare(options);
    for (const place of ['embedded', 'PostgreSQL'] as const) {
      const dataFolder = join(folder.path, place);
      await mkdir(dataFolder);
      const databaseUrl = place === 'embedded' ? null : await postgres.createDatabase();
      figures.push(...(await measureLarder(place, { dataFolder, databaseUrl, uri: set.uri }, options)));
    }
    return figures;
  };
}

async function measureBare({ requests }: ApiBenchOptions): Promise<Figure[]> {
  const server = fastify();
  server.get('/', async () => ({}));
  const address = await server.listen({ host: '127.0.0.1', port: 0 });
  try {
    return await measure('a route that does nothing', requests, () => fetch(address));
  } finally {
    await server.close();
  }
}

async function measureLarder(
  place: string,
  where: { readonly dataFolder: string; readonly databaseUrl: string | null; readonly uri: string },
  { backups, requests }: ApiBenchOptions,
): Promise<readonly Figure[]> {
  const { dataFolder, databaseUrl } = where;
  const options = { dataFolder, settings: databaseUrl === null ? {} : { LARDER_DATABASE_URL: databaseUrl } };
  // The catalog is filled while no server holds it.
  const first = await startLarder(options);
  const { projectId } = first;
  await first[Symbol.asyncDispose]();
  await fill({ dataFolder, databaseUrl, projectId, backups });

  await using larder = await startLarder(options);
  const list = `/v3/${projectId}/backups`;
  const user = { name: 'admin', domain: { name: 'Default' }, password: larder.password };
  const auth = { identity: { methods: ['password'], password: { user } }, scope: { project: { id: projectId } } };
  const page = (offset: number) => larder.send('GET', `${list}?limit=100&offset=${offset}`);
  const instances = await adopt(larder, where.uri);
  return [
    ...(await measure(`${place}: token for a password`, Math.min(requests, 200), () =>
      larder.send('POST', '/v3/auth/tokens', { auth }),
    )),
    ...(await measure(`${place}: first 100 of ${backups} backups`, requests, () => page(0))),
    ...(await measure(`${place}: last 100 of ${backups} backups`, requests, () => page(backups - 100))),
    ...(await measure(`${place}: one backup of the list`, requests, () => larder.send('GET', `${list}?backup_id=${idOf(1)}`))),
    // Each instance takes one backup at a time: most of these are refused, after the same checks.
    ...(await measure(`${place}: creations of backups, most of them refused as busy`, requests, (n) =>
      larder.send('POST', list, { backup: { instance_id: instances[n % instances.length], name: `bench-${n}` } }),
    )),
  ];
}

async function adopt(larder: Larder, uri: string): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let n = 0; n < clients; n++) {
    const body = { name: `bench-${n}`, uri };
    ids.push((await larder.call<{ id: string }>('POST', `/larder/v1/${larder.projectId}/instances/adopt`, body)).id);
  }
  return ids;
}

const idOf = (n: number): string => `${String(n).padStart(32, '0')}br02`;

async function fill(of: {
  readonly dataFolder: string;
  readonly databaseUrl: string | null;
  readonly projectId: string;
  readonly backups: number;
}): Promise<void> {
  const { dataFolder, databaseUrl, projectId } = of;
  const catalog = await openCatalog({ dataFolder, ...(databaseUrl === null ? {} : { databaseUrl }) });
  const batch = 500;
  for (let from = 0; from < of.backups; from += batch) {
    const rows = Array.from({ length: Math.min(batch, of.backups - from) }, (_, n) => ({
      id: idOf(from + n),
      project_id: projectId,
      name: `filled-${from + n}`,
      description: '',
      instance_id: `${String(n % 50).padStart(32, '0')}in02`,
      instance_name: 'gone',
      instance_mode: 'ReplicaSet',
      datastore_version: '6.0',
      type: 'Manual',
      status: 'COMPLETED',
      begin_time: new Date(Date.UTC(2026, 0, 1, 0, 0, from + n)),
      end_time: new Date(Date.UTC(2026, 0, 1, 0, 0, from + n + 1)),
      fail_reason: null,
    }));
    await catalog.db.insertInto('backups').values(rows).execute();
  }
  await catalog.close();
}

/** Requests a second, and the 99th of 100 latencies. An answer of 500 or more fails: it would be measured as a success. */
async function measure(name: string, requests: number, send: (n: number) => Promise<Response>): Promise<Figure[]> {
  const latencies: number[] = [];
  const run = async (count: number, keep: boolean, begin: number): Promise<void> => {
    let next = 0;
    const client = async (): Promise<void> => {
      while (next < count) {
        const n = begin + next++;
        const started = performance.now();
        const answer = await send(n);
        await answer.arrayBuffer();
        if (answer.status >= 500) throw new Error(`${name}: ${answer.status}`);
        if (keep) latencies.push(performance.now() - started);
      }
    };
    await Promise.all(Array.from({ length: clients }, client));
  };
  const warm = Math.ceil(requests / 10);
  await run(warm, false, 0);
  const started = performance.now();
  await run(requests, true, warm);
  const seconds = (performance.now() - started) / 1000;
  const sorted = latencies.toSorted((a, b) => a - b);
  return [
    { name, value: requests / seconds, unit: 'requests/s' },
    { name: `${name}, p99`, value: sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN, unit: 'ms' },
  ];
}
