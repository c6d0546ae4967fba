import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactConnectionString } from './redact.ts';

describe('redactConnectionString', () => {
  it.each([
    ['mongodb://h1:1,h2:2/db?replicaSet=rs0', 'mongodb://h1:1,h2:2/db?replicaSet=rs0'],
    ['mongodb://joe:s3cr3t@h1:1,h2:2/?replicaSet=rs0', 'mongodb://***@h1:1,h2:2/?replicaSet=rs0'],
    ['mongodb+srv://joe:p%40ss@cluster.example', 'mongodb+srv://***@cluster.example'],
    ['mongodb://joe:un@escaped/and:odd@host/', 'mongodb://***@host/'],
    ['mongodb://joe@host/', 'mongodb://***@host/'],
    ['postgres://u:p@host:5432/larder', 'postgres://***@host:5432/larder'],
    ['mongodb://h/?tls=true&tlsCertificateKeyFilePassword=x1&w=1', 'mongodb://h/?tls=true&tlsCertificateKeyFilePassword=***&w=1'],
    ['mongodb://h/?authMechanismProperties=AWS_SESSION_TOKEN:abc', 'mongodb://h/?authMechanismProperties=***'],
    ['s3://bucket/p?region=r&secretAccessKey=abc', 's3://bucket/p?region=r&secretAccessKey=***'],
    ['mongodb://joe:what?is/this#x@host:1/', 'mongodb://***@host:1/'],
    ['mongodb://h1:1,[::1]:2/?appName=me@work', 'mongodb://h1:1,[::1]:2/?appName=me@work'],
    ['mongodb://joe:pw@h1:1,h2/?appName=me@work', 'mongodb://***@h1:1,h2/?appName=me@work'],
    ['', ''],
    ['not a uri at all', 'not a uri at all'],
  ])('%s', (uri, shown) => {
    expect(redactConnectionString(uri)).toBe(shown);
  });

  it('takes anything and is idempotent', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const once = redactConnectionString(text);
        expect(redactConnectionString(once)).toBe(once);
      }),
    );
  });

  it('shows no password, whatever it is made of', () => {
    // Marked at both ends, so that no part of the password is found elsewhere in the string by chance.
    const password = fc.string({ unit: 'grapheme', minLength: 1 }).map((text) => `\u{1F511}${text}\u{1F511}`);
    fc.assert(
      fc.property(password, fc.boolean(), (secret, escaped) => {
        const written = escaped ? encodeURIComponent(secret) : secret;
        const shown = redactConnectionString(`mongodb://joe:${written}@db.example:27017,db2.example/admin?replicaSet=rs0`);
        expect(shown).toBe('mongodb://***@db.example:27017,db2.example/admin?replicaSet=rs0');
      }),
    );
  });

  it('shows no secret of the query', () => {
    const name = fc.constantFrom('tlsCertificateKeyFilePassword', 'password', 'secretAccessKey', 'sessionToken', 'proxyPassword');
    fc.assert(
      fc.property(name, fc.uuid(), fc.nat(3), (parameter, secret, position) => {
        const parameters = ['a=1', 'b=2', 'c=3'];
        parameters.splice(position, 0, `${parameter}=${secret}`);
        const shown = redactConnectionString(`mongodb://h/?${parameters.join('&')}`);
        expect(shown).not.toContain(secret);
        expect(shown).toContain('a=1');
        expect(shown).toContain('c=3');
      }),
    );
  });
});
