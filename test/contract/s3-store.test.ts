import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openStore } from '../../src/storage/open-store.ts';
import { openS3Store } from '../../src/storage/s3-store.ts';
import { parseStoreUrl } from '../../src/storage/store-url.ts';
import { objectStoreContract } from './object-store-contract.ts';
import { startS3Server, type S3Server } from '../fixtures/start-s3-server.ts';

let server: S3Server;
const url = (bucket: string): string =>
  `s3://${bucket}?endpoint=${encodeURIComponent(server.endpoint)}&region=eu-de&pathStyle=true`;

beforeAll(async () => {
  server = await startS3Server();
  for (const [name, value] of Object.entries(server.environment)) vi.stubEnv(name, value === '' ? undefined : value);
  for (const bucket of ['plain', 'shared']) await server.createBucket(bucket);
});

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  vi.unstubAllEnvs();
});

objectStoreContract('S3', async () => ({ store: await openStore(url('plain')), dispose: async () => undefined }));
objectStoreContract('S3 below a prefix', async () => ({
  store: await openStore(url('shared/deep/er')),
  dispose: async () => undefined,
}));

describe('S3 store', () => {
  it('sees only what is below its prefix', async () => {
    const [inside, outside] = [await openStore(url('shared/one')), await openStore(url('shared/one-more'))];
    await outside.put('x', Buffer.of(1));
    await inside.put('y', Buffer.of(1));
    expect((await Array.fromAsync(inside.list(''))).map(({ key }) => key)).toEqual(['y']);
  });

  it('says that the bucket does not exist, at once', async () => {
    const store = await openStore(url('absent'));
    const refused = expect.objectContaining({
      code: 'store-unavailable',
      retryable: false,
      message: expect.stringContaining('the bucket does not exist'),
    });
    await expect(store.put('x', Buffer.of(1))).rejects.toEqual(refused);
    await expect(Array.fromAsync(store.list(''))).rejects.toEqual(refused);
  });

  it('calls a server that is not there retryable and names no secret', async () => {
    const parsed = parseStoreUrl('s3://b?endpoint=http://127.0.0.1:1&region=eu-de&pathStyle=true');
    if (parsed.kind !== 's3') throw new Error('not S3');
    const error: unknown = await openS3Store(parsed)
      .get('x')
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'store-unavailable', retryable: true });
    expect(String(error)).not.toContain('test-secret');
  });
});
