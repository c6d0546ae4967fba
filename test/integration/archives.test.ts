import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { gunzipSync, gzipSync } from 'node:zlib';
import { serialize } from 'bson';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createArchives } from '../../src/engine/export/archives.ts';
import { openApiWorld, type ApiWorld } from '../fixtures/api-world.ts';
import { movableClock, type MovableClock } from '../fixtures/movable-clock.ts';
import { readDump, writeDump } from '../fixtures/mongodump-archive.ts';
import { until } from '../fixtures/until.ts';

const header = { concurrent_collections: 4, version: '0.1', server_version: '6.0.5', tool_version: '100.9.4' };

/** About 24 MB that cannot be compressed: more than all buffers on the way to a client together hold. */
const large = Array.from({ length: 400 }, (_, n) => Buffer.from(serialize({ _id: n, data: randomBytes(60_000) })));
const dumpOf = (documents: readonly Buffer[]): Buffer =>
  writeDump({ header, collections: [{ db: 'shop', collection: 'orders', type: 'collection', metadata: '', documents }] }, 1000);

/** What the server says to who sends the head of a request and no body. */
async function answerToSlowBody(endpoint: string): Promise<string> {
  const { hostname, port } = new URL(endpoint);
  const socket = connect(Number(port), hostname);
  socket.write('POST /v3/auth/tokens HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{');
  return Buffer.concat(await Array.fromAsync(socket as AsyncIterable<Buffer>)).toString();
}

describe('archives over HTTP', () => {
  let clock: MovableClock;
  let api: ApiWorld;
  let endpoint: string;
  let backup: { readonly id: string; readonly instance_id: string };

  const post = (name: string, body: NonNullable<RequestInit['body']>, init: RequestInit = {}): Promise<Response> =>
    fetch(`${endpoint}/larder/v1/${api.projectId}/backups/import?name=${name}`, {
      method: 'POST',
      body,
      headers: { 'x-auth-token': api.admin.token, 'content-type': 'application/octet-stream' },
      ...init,
    });
  const listed = async (name: string): Promise<{ readonly id: string; readonly instance_id: string } | undefined> => {
    const { body } = await api.admin('GET', `/larder/v1/${api.projectId}/backups`);
    return (body as { backups: { id: string; name: string; instance_id: string }[] }).backups.find((row) => row.name === name);
  };
  const link = async (): Promise<URL> => {
    const url = `/v3/${api.projectId}/backups/download-file?instance_id=${backup.instance_id}&backup_id=${backup.id}`;
    const { status, body } = await api.send(api.admin.token, 'GET', url, undefined, { host: new URL(endpoint).host });
    expect(status).toBe(200);
    return new URL((body as { files: { download_link: string }[] }).files[0]!.download_link);
  };

  beforeAll(async () => {
    clock = movableClock('2026-11-23T09:38:10Z');
    api = await openApiWorld({ clock, server: { requestTimeout: 300 } });
    endpoint = await api.server.listen({ host: '127.0.0.1', port: 0 });
    const answer = await post('large', gzipSync(dumpOf(large), { level: 1 }));
    expect([answer.status, await answer.json()]).toEqual([201, expect.objectContaining({ documents: 400, collections: 1 })]);
    backup = (await listed('large'))!;
  });
  afterAll(() => api[Symbol.asyncDispose]());

  it('A9: the link gives the whole backup without a token, to every server on the repository, for 15 minutes', async () => {
    const url = await link();
    const answer = await fetch(url);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/gzip']);
    const dump = readDump(gunzipSync(Buffer.from(await answer.arrayBuffer())));
    expect(dump.collections[0]!.documents.map((raw) => raw.toString('base64'))).toEqual(
      large.map((raw) => raw.toString('base64')),
    );
    const head = await fetch(url, { method: 'HEAD' });
    expect([head.status, head.headers.get('accept-ranges')]).toEqual([200, 'none']);
    const other = createArchives(api.world.deps, 'another server');
    const token = url.searchParams.get('token')!;
    const linked = { projectId: api.projectId, backupId: backup.id };
    await other.checkLink(linked, token);
    clock.moveBy(14 * 60_000);
    await other.checkLink(linked, token);
    clock.moveBy(60_000);
    const late = await fetch(url);
    expect([late.status, await late.json()]).toMatchObject([403, { error_msg: expect.stringContaining('expired') }]);
  });

  it('A9: a link that was altered, or is of something else, leads nowhere', async () => {
    const url = await link();
    const token = url.searchParams.get('token')!;
    const flipped = token.slice(0, -3) + (token.at(-3) === 'A' ? 'B' : 'A') + token.slice(-2);
    const tries = [
      url.href.replace(encodeURIComponent(token), encodeURIComponent(flipped)),
      url.href.replace(encodeURIComponent(token), ''),
      url.href.replace(backup.id, `${'0'.repeat(32)}br02`),
      url.href.replace(api.projectId, 'f'.repeat(32)),
    ];
    for (const one of tries) {
      const answer = await fetch(one);
      expect([answer.status, await answer.json()], one).toMatchObject([403, { error_code: 'DBS.280032' }]);
    }
  });

  it('may be asked for by whoever has the permission, and by nobody else', async () => {
    const statement = { Effect: 'Allow', Action: ['dds:backup:list'] } as const;
    await api.directory.createRole({ name: 'looker', policy: { Version: '1.1', Statement: [statement] } });
    const looker = await api.newUser('looker', api.projectId, 'looker');
    const calls = [
      ['GET', `/v3/${api.projectId}/backups/download-file?instance_id=${backup.instance_id}&backup_id=${backup.id}`],
      ['GET', `/larder/v1/${api.projectId}/backups/${backup.id}/archive`],
      ['POST', `/larder/v1/${api.projectId}/backups/import?name=not-mine`],
    ] as const;
    for (const [method, url] of calls) {
      expect((await api.send(null, method, url)).status, url).toBe(401);
      expect((await looker(method, url)).status, url).toBe(403);
    }
  });

  it('R11: an archive that cannot be read to its end never looks like a whole one', async () => {
    const { store } = api.world.repository;
    const answer = await fetch(await link());
    const reading = answer.body!.getReader();
    await reading.read();
    // All that is behind the beginning goes away, and comes back for the other tests.
    const gone = new Map<string, Buffer>();
    for await (const { key, size } of store.list('')) {
      if (size < 1_000_000) continue;
      gone.set(key, await store.get(key));
      await store.delete(key);
    }
    const rest = async (): Promise<void> => {
      while (!(await reading.read()).done);
    };
    await expect(rest()).rejects.toThrow(/terminated/);
    for (const [key, bytes] of gone) await store.put(key, bytes);
    expect(gone.size).toBeGreaterThan(0);
  });

  it('who goes away frees what was held; more than four at a time are refused', async () => {
    const url = await link();
    const clients = Array.from({ length: 4 }, () => new AbortController());
    const held = await Promise.all(clients.map(({ signal }) => fetch(url, { signal })));
    const fifth = await fetch(url);
    expect([fifth.status, await fifth.json()]).toMatchObject([429, { error_code: 'DBS.280443' }]);
    // An answer that nobody holds any more is given up by itself.
    expect(held.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    for (const client of clients) client.abort();
    await until(
      async () => {
        const answer = await fetch(url);
        await answer.body?.cancel();
        return answer.status === 200;
      },
      { what: 'a place' },
    );
  });

  it('a backup that is deleted while it is downloaded is downloaded whole', async () => {
    await until(async () => (await post('to-go', gzipSync(dumpOf(large.slice(0, 300)), { level: 1 }))).status === 201, {
      what: 'a place',
    });
    const own = (await listed('to-go'))!;
    const answer = await fetch(`${endpoint}/larder/v1/${api.projectId}/backups/${own.id}/archive?gzip=false`, {
      headers: { 'x-auth-token': api.admin.token },
    });
    await api.world.repository.project(api.projectId).deleteManifest(own.id);
    expect(readDump(Buffer.from(await answer.arrayBuffer())).collections[0]!.documents).toHaveLength(300);
  });

  it('P9: an import that is refused, or whose client goes away, is not listed and says why', async () => {
    const archive = dumpOf(large.slice(0, 100));
    const cut = await post('cut-short', archive.subarray(0, 3_000_000));
    expect([cut.status, await cut.json()]).toMatchObject([
      400,
      { error_code: 'DBS.280001', error_msg: expect.stringContaining('it ends within') },
    ]);
    const taken = await post('large', archive);
    expect([taken.status, await taken.json()]).toMatchObject([400, { error_code: 'DBS.201201' }]);
    const client = new AbortController();
    const body = new ReadableStream({
      start: (stream) => stream.enqueue(archive.subarray(0, 1_000_000)),
      pull: () => client.abort(),
    });
    const gone = post('gone-away', body, { signal: client.signal, duplex: 'half' } as RequestInit);
    await expect(gone).rejects.toThrow(/abort/);
    expect([await listed('cut-short'), await listed('gone-away')]).toEqual([undefined, undefined]);
  });

  it('an import may take longer than any other request', async () => {
    const archive = dumpOf(large.slice(0, 20));
    const body = new ReadableStream({
      async start(stream) {
        stream.enqueue(archive.subarray(0, 1000));
        // Another one, that began at the same time, is ended by then.
        expect(await answerToSlowBody(endpoint)).toContain('HTTP/1.1 408');
        stream.enqueue(archive.subarray(1000));
        stream.close();
      },
    });
    const answer = await post('slow-upload', body, { duplex: 'half' } as RequestInit);
    expect([answer.status, await answer.json()]).toMatchObject([201, { documents: 20 }]);
  });

  it('P10: a server that stops does not wait for downloads, and they do not look whole', async () => {
    const answer = await fetch(await link());
    const reading = answer.body!.getReader();
    await reading.read();
    await api.server.close();
    const rest = async (): Promise<void> => {
      while (!(await reading.read()).done);
    };
    await expect(rest()).rejects.toThrow(/terminated/);
  });
});
