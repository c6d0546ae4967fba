import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseSignedDate, later } from '../times.ts';
import { parseAuthorization } from './parse-authorization.ts';
import { allowedSkew, verifySignature } from './verify-signature.ts';

interface Vector {
  readonly variant: 'simple' | 'scoped';
  readonly client: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const fixture = new URL('../../../test/fixtures/signature-vectors.json', import.meta.url);
const { vectors, secret_key: secret } = JSON.parse(readFileSync(fixture, 'utf8')) as { vectors: Vector[]; secret_key: string };

function check(vector: Vector, change: Partial<Vector> = {}, clock?: Date): void {
  const { method, url, headers, body } = { ...vector, ...change };
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const now = clock ?? signedAt(vector);
  const authorization = parseAuthorization(lower['authorization'] ?? '');
  verifySignature(authorization, { method, target: url, headers: lower }, Buffer.from(body), secret, now);
}

function signedAt(vector: Vector): Date {
  const date = parseSignedDate(vector.headers['X-Sdk-Date'] ?? '');
  if (date === null) throw new Error('The vector has no date.');
  return date;
}

describe.each(vectors.map((vector) => [`${vector.client} ${vector.method}`, vector] as const))(
  'a request of %s',
  (_name, vector) => {
    it('is of the form that its header shows', () => {
      expect(parseAuthorization(vector.headers['Authorization'] ?? '').form).toBe(vector.variant);
    });

    it('holds', () => {
      expect(() => check(vector)).not.toThrow();
    });

    it.each([
      ['method', { method: 'PUT' }],
      ['path', { url: vector.url.replace('backups', 'instances') }],
      ['query', { url: `${vector.url}${vector.url.includes('?') ? '&' : '?'}x=1` }],
      ['body', { body: `${vector.body} ` }],
      ['host', { headers: { ...vector.headers, Host: '127.0.0.1:18602' } }],
    ])('does not hold with another %s', (_part, change) => {
      expect(() => check(vector, change)).toThrowError(expect.objectContaining({ code: 'bad-signature' }));
    });

    it('holds for 15 minutes in both directions and no longer', () => {
      expect(() => check(vector, {}, later(signedAt(vector), allowedSkew))).not.toThrow();
      expect(() => check(vector, {}, later(signedAt(vector), -allowedSkew))).not.toThrow();
      expect(() => check(vector, {}, later(signedAt(vector), allowedSkew + 1))).toThrowError(/differ by more than 15 minutes/);
      expect(() => check(vector, {}, later(signedAt(vector), -allowedSkew - 1))).toThrowError(/differ by more than 15 minutes/);
    });

    it('cannot be given another body by stating the hash of the first', () => {
      const stated = createHash('sha256').update(vector.body).digest('hex');
      const headers = { ...vector.headers, 'X-Sdk-Content-Sha256': stated };
      expect(() => check(vector, { headers })).not.toThrow();
      expect(() => check(vector, { headers, body: `${vector.body} ` })).toThrowError(/not the hash of the body/);
      const unsigned = { ...vector.headers, 'X-Sdk-Content-Sha256': 'UNSIGNED-PAYLOAD' };
      expect(() => check(vector, { headers: unsigned })).toThrowError(/not the hash of the body/);
    });
  },
);

it('does not take a scope of another day', () => {
  const scoped = vectors.find(({ variant }) => variant === 'scoped');
  if (scoped === undefined) throw new Error('No vector of the scoped form.');
  const authorization = scoped.headers['Authorization']?.replace('/20261123/', '/20261122/') ?? '';
  const headers = { ...scoped.headers, Authorization: authorization };
  expect(() => check(scoped, { headers })).toThrowError(/date of the credential scope/);
});

describe('an Authorization header', () => {
  const hex = 'a'.repeat(64);
  it.each([
    ['another algorithm', `SDK-HMAC-SM3 Access=A, SignedHeaders=host;x-sdk-date, Signature=${hex}`],
    ['no parameters', 'SDK-HMAC-SHA256'],
    ['no key', `SDK-HMAC-SHA256 SignedHeaders=host;x-sdk-date, Signature=${hex}`],
    [
      'both forms at once',
      `SDK-HMAC-SHA256 Access=A, Credential=A/1///sdk_request, SignedHeaders=host;x-sdk-date, Signature=${hex}`,
    ],
    ['a field twice', `SDK-HMAC-SHA256 Access=A, Access=B, SignedHeaders=host;x-sdk-date, Signature=${hex}`],
    ['a short signature', 'SDK-HMAC-SHA256 Access=A, SignedHeaders=host;x-sdk-date, Signature=aa'],
    ['an unsigned host', `SDK-HMAC-SHA256 Access=A, SignedHeaders=x-sdk-date, Signature=${hex}`],
    ['an unsigned date', `SDK-HMAC-SHA256 Access=A, SignedHeaders=host, Signature=${hex}`],
    ['a scope of another kind', `SDK-HMAC-SHA256 Credential=A/1///aws4_request, SignedHeaders=host;x-sdk-date, Signature=${hex}`],
    [
      'a scope that is too long',
      `SDK-HMAC-SHA256 Credential=A/1///sdk_request/x, SignedHeaders=host;x-sdk-date, Signature=${hex}`,
    ],
  ])('with %s is refused', (_what, header) => {
    expect(() => parseAuthorization(header)).toThrowError(expect.objectContaining({ code: 'bad-signature' }));
  });
});
