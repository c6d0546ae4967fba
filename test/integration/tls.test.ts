import { X509Certificate } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { buildServer, renewCertificate } from '../../src/api/build-server.ts';
import { isLarderError } from '../../src/core/errors.ts';
import { readTlsFiles, watchTlsFiles } from '../../src/tls-files.ts';
import { createFakeStack } from '../api/fake-stack.ts';
import { makeCertificate, readCertificate } from '../fixtures/certificate.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { until } from '../fixtures/until.ts';

/** Asks over TLS, trusting `ca` and nothing else. */
async function ask(address: string, ca: string): Promise<{ status: number; body: string; fingerprint: string }> {
  const agent = new Agent({ ca, keepAlive: false });
  const sent = request(address, { agent });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const { fingerprint256 } = (response.socket as TLSSocket).getPeerCertificate();
  let body = '';
  for await (const part of response) body += String(part);
  return { status: response.statusCode ?? 0, body, fingerprint: fingerprint256 };
}

const fingerprintOf = (pem: string): string => new X509Certificate(pem).fingerprint256;

it('serves TLS, and a certificate that is renewed at SIGHUP or on disk is used without a restart', async () => {
  await using folder = await temporaryFolder();
  const files = await makeCertificate(folder.path);
  const first = await readCertificate(files);
  const server = await buildServer({ ...createFakeStack(), tls: await readTlsFiles(files) });
  try {
    const address = await server.listen({ host: '127.0.0.1', port: 0 });
    expect(address).toMatch(/^https:/);
    const answer = await ask(`${address}/v3`, first);
    expect(answer).toMatchObject({ status: 200, fingerprint: fingerprintOf(first) });
    // Links lead back the way the client came.
    expect(answer.body).toContain(`"href":"${address}/v3/"`);

    const errors: unknown[] = [];
    let renewals = 0;
    const renewed = (material: Awaited<ReturnType<typeof readTlsFiles>>): void => {
      renewCertificate(server, material);
      renewals++;
    };
    using _watch = watchTlsFiles(files, { renewed, error: (error) => errors.push(error) });
    await makeCertificate(folder.path);
    const second = await readCertificate(files);
    process.emit('SIGHUP');
    await until(() => renewals > 0, { what: 'the new certificate' });
    expect((await ask(`${address}/v3`, second)).fingerprint).toBe(fingerprintOf(second));
    await expect(ask(`${address}/v3`, first)).rejects.toThrow();

    // What is broken is told and not used.
    await writeFile(files.key, 'not a key');
    process.emit('SIGHUP');
    await until(() => errors.length > 0, { what: 'the refusal of the broken key' });
    expect(isLarderError(errors[0], 'invalid-setting')).toBe(true);
    expect((await ask(`${address}/v3`, second)).status).toBe(200);

    // Without a signal it takes until the files are looked at again.
    const before = renewals;
    await makeCertificate(folder.path);
    await until(() => renewals > before, { what: 'the certificate on disk' });
    expect((await ask(`${address}/v3`, await readCertificate(files))).status).toBe(200);
  } finally {
    await server.close();
  }
});

it('whoever speaks plain HTTP to it gets no answer of the API', async () => {
  await using folder = await temporaryFolder();
  const server = await buildServer({ ...createFakeStack(), tls: await readTlsFiles(await makeCertificate(folder.path)) });
  try {
    const { port } = new URL(await server.listen({ host: '127.0.0.1', port: 0 }));
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => undefined);
    let answer = '';
    socket.setEncoding('latin1').on('data', (part: string) => (answer += part));
    socket.write('GET /v3 HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'close');
    expect(answer).not.toContain('version');
  } finally {
    await server.close();
  }
});

it('files that cannot be read, or do not belong together, stop the start and say which', async () => {
  await using folder = await temporaryFolder();
  await using other = await temporaryFolder();
  const files = await makeCertificate(folder.path);
  const foreign = await makeCertificate(other.path);
  const refusal = (of: Parameters<typeof readTlsFiles>[0]) => readTlsFiles(of).then(String, String);
  expect(await refusal({ ...files, key: `${folder.path}/none` })).toContain('LARDER_TLS_KEY');
  expect(await refusal({ ...files, certificate: `${folder.path}/none` })).toContain('LARDER_TLS_CERT');
  expect(await refusal({ ...files, key: foreign.key })).toContain('no pair');
});
