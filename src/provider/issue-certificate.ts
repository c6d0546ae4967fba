import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { bits, boolean, element, integer, octets, oid, sequence, set, text, time } from '../lib/der.ts';

/** A certificate with its private key. */
export interface Issued {
  readonly certificatePem: string;
  readonly key: KeyObject;
}

/** Who signs: an authority's name and key. */
export interface Issuer {
  readonly commonName: string;
  readonly key: KeyObject;
}

const day = 86_400_000;
const ecdsaWithSha256 = sequence(oid('1.2.840.10045.4.3.2'));

/** An authority that vouches for itself, good for ten years from `now`. */
export function issueAuthority(commonName: string, now: Date): Issued {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const extensions = [
    extension('2.5.29.19', sequence(boolean(true)), true),
    // keyCertSign and cRLSign.
    extension('2.5.29.15', element(0x03, Buffer.from([1, 0x06])), true),
    extension('2.5.29.14', octets(keyId(publicKey)), false),
  ];
  const pem = certificate({
    subject: commonName,
    publicKey,
    issuer: { commonName, key: privateKey },
    extensions,
    now,
    days: 3650,
  });
  return { certificatePem: pem, key: privateKey };
}

/** A certificate of a server that is known by these names and addresses, and may act as a client towards its peers; good for ten years. */
export function issueForServer(issuer: Issuer, commonName: string, names: readonly string[], now: Date): Issued {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const extensions = [
    extension('2.5.29.17', sequence(...names.map(alternativeName)), false),
    extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.1'), oid('1.3.6.1.5.5.7.3.2')), false),
  ];
  const pem = certificate({ subject: commonName, publicKey, issuer, extensions, now, days: 3650 });
  return { certificatePem: pem, key: privateKey };
}

interface Wanted {
  readonly subject: string;
  readonly publicKey: KeyObject;
  readonly issuer: Issuer;
  readonly extensions: readonly Buffer[];
  readonly now: Date;
  readonly days: number;
}

function certificate({ subject, publicKey, issuer, extensions, now, days }: Wanted): string {
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  const content = sequence(
    element(0xa0, integer(Buffer.from([2]))),
    integer(serial),
    ecdsaWithSha256,
    nameOf(issuer.commonName),
    // An hour earlier: the clocks of clients differ.
    sequence(time(new Date(now.getTime() - day / 24)), time(new Date(now.getTime() + days * day))),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    element(0xa3, sequence(...extensions)),
  );
  const der = sequence(content, ecdsaWithSha256, bits(sign('sha256', content, issuer.key)));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function nameOf(commonName: string): Buffer {
  const part = (id: string, value: string): Buffer => set(sequence(oid(id), text(value)));
  return sequence(part('2.5.4.10', 'Larder'), part('2.5.4.3', commonName));
}

function extension(id: string, value: Buffer, critical: boolean): Buffer {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value));
}

function alternativeName(name: string): Buffer {
  const version = isIP(name);
  if (version === 0) return element(0x82, Buffer.from(name, 'ascii'));
  return element(0x87, version === 4 ? Buffer.from(name.split('.').map(Number)) : ipv6Bytes(name));
}

function ipv6Bytes(address: string): Buffer {
  const [head = '', tail] = address.split('::');
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const [left, right] = [groups(head), groups(tail ?? '')];
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  const all = [...left, ...Array.from({ length: zeros }, () => '0'), ...right];
  return Buffer.from(all.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]));
}

function keyId(key: KeyObject): Buffer {
  return createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest();
}
