import { createHash, randomBytes, scrypt } from 'node:crypto';
import { LarderError } from '../core/errors.ts';
import type { Clock } from '../lib/clock.ts';
import { corruptObject } from './corrupt-object.ts';
import { deriveKey } from './derive-keys.ts';
import { formatVersion, headerKey, limits, nonceLength } from './format.ts';
import type { Unlock } from './port.ts';
import { seal, unseal } from './sealed-box.ts';

/** Costs 32 MiB and about a quarter of a second a guess. */
const scryptCost = { N: 32_768, r: 8, p: 3 } as const;
const scryptLimits = { N: 2 ** 20, r: 32, p: 16 } as const;
const shortestKeyFile = 32;

type UnlockParameters =
  | {
      readonly kind: 'passphrase';
      readonly kdf: 'scrypt';
      readonly N: number;
      readonly r: number;
      readonly p: number;
      readonly salt: string;
    }
  | { readonly kind: 'key-file'; readonly salt: string };

interface Header {
  readonly format: 'larder-repository';
  readonly version: number;
  readonly id: string;
  readonly created: string;
  readonly unlock: UnlockParameters;
  readonly masterKey: { readonly nonce: string; readonly sealed: string };
  readonly checksum: string;
}

/** A repository's identity and its master key. */
export interface UnlockedHeader {
  readonly id: string;
  readonly masterKey: Buffer;
}

function bindingOf(id: string, created: string, unlock: UnlockParameters): string {
  const { kind, salt } = unlock;
  const ordered =
    unlock.kind === 'passphrase' ? { kind, kdf: unlock.kdf, N: unlock.N, r: unlock.r, p: unlock.p, salt } : { kind, salt };
  return JSON.stringify(['larder-repository', formatVersion, id, created, ordered]);
}

const checksumOf = (binding: string, nonce: Buffer, sealed: Buffer): string =>
  createHash('sha256').update(binding).update(nonce).update(sealed).digest('hex');

const additional = (binding: string): Buffer => Buffer.from(`larder/v1/header\0${binding}`, 'utf8');

function wrappingKey(unlock: Unlock, parameters: UnlockParameters): Promise<Buffer> {
  const salt = Buffer.from(parameters.salt, 'base64');
  if (unlock.kind === 'key-file') {
    if (parameters.kind !== 'key-file')
      throw new LarderError('wrong-key', 'the repository is unlocked by a passphrase, not by a key file');
    if (unlock.key.length < shortestKeyFile)
      throw new LarderError('wrong-key', `a key file has at least ${shortestKeyFile} bytes`);
    return Promise.resolve(deriveKey(unlock.key, salt, 'larder/v1/key-file'));
  }
  if (parameters.kind !== 'passphrase')
    throw new LarderError('wrong-key', 'the repository is unlocked by a key file, not by a passphrase');
  if (unlock.passphrase === '') throw new LarderError('wrong-key', 'the passphrase of the repository is empty');
  const { N, r, p } = parameters;
  return new Promise((resolve, reject) => {
    scrypt(unlock.passphrase.normalize('NFC'), salt, 32, { N, r, p, maxmem: 256 * N * r + 1024 * 1024 }, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}

/** Makes a new repository's header: a fresh id and master key, wrapped for `unlock`. */
export function createHeader(unlock: Unlock, clock: Clock): Promise<Buffer> {
  const created = clock.now().toISOString();
  return wrapHeader({ id: randomBytes(16).toString('hex'), created, masterKey: randomBytes(32) }, unlock);
}

/** The header of the same repository, whose master key is wrapped for `next`. Errors of `unlockHeader`. */
export async function rewrapHeader(bytes: Buffer, unlock: Unlock, next: Unlock): Promise<Buffer> {
  const { created } = parseHeader(bytes);
  return wrapHeader({ ...(await unlockHeader(bytes, unlock)), created }, next);
}

async function wrapHeader(
  { id, created, masterKey }: UnlockedHeader & { readonly created: string },
  unlock: Unlock,
): Promise<Buffer> {
  const salt = randomBytes(32).toString('base64');
  const parameters: UnlockParameters =
    unlock.kind === 'passphrase' ? { kind: 'passphrase', kdf: 'scrypt', ...scryptCost, salt } : { kind: 'key-file', salt };
  const binding = bindingOf(id, created, parameters);
  const nonce = randomBytes(nonceLength);
  const sealed = seal(await wrappingKey(unlock, parameters), nonce, additional(binding), masterKey);
  const header: Header = {
    format: 'larder-repository',
    version: formatVersion,
    id,
    created,
    unlock: parameters,
    masterKey: { nonce: nonce.toString('base64'), sealed: sealed.toString('base64') },
    checksum: checksumOf(binding, nonce, sealed),
  };
  return Buffer.from(`${JSON.stringify(header, null, 2)}\n`, 'utf8');
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const isCost = (value: unknown, most: number): boolean => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= most;

function isUnlock(value: unknown): value is UnlockParameters {
  if (!isObject(value) || typeof value['salt'] !== 'string') return false;
  if (value['kind'] === 'key-file') return true;
  if (value['kind'] !== 'passphrase' || value['kdf'] !== 'scrypt') return false;
  return isCost(value['N'], scryptLimits.N) && isCost(value['r'], scryptLimits.r) && isCost(value['p'], scryptLimits.p);
}

function isHeader(value: unknown): value is Header {
  if (!isObject(value) || !isObject(value['masterKey'])) return false;
  const texts = [value['id'], value['created'], value['checksum'], value['masterKey']['nonce'], value['masterKey']['sealed']];
  return (
    texts.every((text) => typeof text === 'string') && /^[0-9a-f]{32}$/.test(String(value['id'])) && isUnlock(value['unlock'])
  );
}

function parseHeader(bytes: Buffer): Header {
  if (bytes.length > limits.header) throw corruptObject(headerKey, 'too large');
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw corruptObject(headerKey, 'not JSON', undefined, error);
  }
  if (!isObject(value) || value['format'] !== 'larder-repository')
    throw corruptObject(headerKey, 'not the header of a repository');
  if (value['version'] !== formatVersion) throw corruptObject(headerKey, 'its format version is not known to this release');
  if (!isHeader(value)) throw corruptObject(headerKey, 'members are missing or of the wrong form');
  return value;
}

/** Reads a header and unwraps the master key. `wrong-key` if it was wrapped for another one, `object-corrupt` if the header is damaged. */
export async function unlockHeader(bytes: Buffer, unlock: Unlock): Promise<UnlockedHeader> {
  const header = parseHeader(bytes);
  const nonce = Buffer.from(header.masterKey.nonce, 'base64');
  const sealed = Buffer.from(header.masterKey.sealed, 'base64');
  const binding = bindingOf(header.id, header.created, header.unlock);
  if (checksumOf(binding, nonce, sealed) !== header.checksum) throw corruptObject(headerKey, 'its checksum differs');
  const key = await wrappingKey(unlock, header.unlock);
  try {
    return { id: header.id, masterKey: unseal(key, nonce, additional(binding), sealed) };
  } catch (error) {
    const what = unlock.kind === 'passphrase' ? 'passphrase' : 'key file';
    throw new LarderError('wrong-key', `the ${what} is not the one of this repository`, { cause: error });
  }
}
