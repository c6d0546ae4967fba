import { LarderError } from './errors.ts';
import { flavors, type Flavor, type FlavorType } from './flavors.ts';
import type { Tag } from './own-instance.ts';

/** The rules for single values of an instance. Each check returns the value as it is used from then on, or throws with its own code. */

export const defaultPort = 8635;
const userNamePattern = /^[A-Za-z0-9._-]{1,64}$/;
const passwordCharacters = /^[A-Za-z0-9~!@#%^*\-_=+?]*$/;
const uuidPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** 2100 to 9500, or one of MongoDB's own; a number, or its digits. `invalid-port`, `port-out-of-range`. */
export function checkPort(value: unknown): number {
  const port = readWhole(value);
  if (port === null) throw new LarderError('invalid-port', 'The port must be a whole number.');
  if (!(port >= 2100 && port <= 9500) && ![27017, 27018, 27019].includes(port)) {
    throw new LarderError('port-out-of-range', 'The port must be 2100 to 9500, or 27017, 27018 or 27019.');
  }
  return port;
}

/** `invalid-db-password` (length), `password-characters`, `weak-password`. */
export function checkPassword(value: unknown): string {
  if (typeof value !== 'string' || value.length < 8 || value.length > 32) {
    throw new LarderError('invalid-db-password', 'A password has 8 to 32 characters.');
  }
  if (!passwordCharacters.test(value)) {
    throw new LarderError('password-characters', 'A password holds letters, digits and ~ ! @ # % ^ * - _ = + ? only.');
  }
  if (!/[a-z]/.test(value) || !/[A-Z]/.test(value) || !/\d/.test(value) || !/[^A-Za-z0-9]/.test(value)) {
    throw new LarderError('weak-password', 'A password has small and capital letters, digits and special characters.');
  }
  return value;
}

/** `invalid-db-user`. */
export function checkUserName(value: unknown): string {
  if (typeof value === 'string' && userNamePattern.test(value)) return value;
  throw new LarderError('invalid-db-user', 'A user name has 1 to 64 letters, digits, hyphens, full stops or underscores.');
}

/** `0` or `1`; true for TLS. `invalid-ssl-option`. */
export function checkSslOption(value: unknown): boolean {
  if (value === '0' || value === 0) return false;
  if (value === '1' || value === 1) return true;
  throw new LarderError('invalid-ssl-option', 'ssl_option must be "0" or "1".');
}

/** A multiple of 10 GB between 10 and the most of this kind of node. `invalid-volume-size`, `volume-out-of-range`, `volume-not-multiple`. */
export function checkVolumeSize(value: unknown, type: FlavorType): number {
  const size = readWhole(value);
  if (size === null) throw new LarderError('invalid-volume-size', 'The storage size must be a whole number of GB.');
  const most = type === 'single' ? 1000 : 2000;
  if (size < 10 || size > most) throw new LarderError('volume-out-of-range', `The storage size must be 10 to ${most} GB.`);
  if (size % 10 !== 0) throw new LarderError('volume-not-multiple', 'The storage size must be a multiple of 10 GB.');
  return size;
}

/** A flavor of the catalogue for this kind of node. `invalid-spec`, `spec-mismatch`. */
export function checkSpecCode(value: unknown, type: FlavorType): Flavor {
  const flavor = flavors.find(({ specCode }) => specCode === value);
  if (flavor === undefined) throw new LarderError('invalid-spec', 'The flavor is none of those that the list of flavors shows.');
  if (flavor.type !== type)
    throw new LarderError('spec-mismatch', `The flavor is for nodes of type ${flavor.type}, not ${type}.`);
  return flavor;
}

/** VPCs, subnets, security groups, keys. They mean nothing here, but a typing error must not wait for the cloud to be found. */
export function checkUuid(
  value: unknown,
  code: 'invalid-vpc' | 'invalid-subnet' | 'invalid-security-group' | 'invalid-disk-key',
): string {
  if (typeof value === 'string' && uuidPattern.test(value)) return value;
  throw new LarderError(code, 'It must be a UUID.');
}

/** At most 20, of different keys. `invalid-tag-key`, `invalid-tag-value`, `too-many-tags`. */
export function checkTags(value: unknown): readonly Tag[] {
  if (!Array.isArray(value)) throw new LarderError('malformed-request', 'tags must be an array.');
  if (value.length > 20) throw new LarderError('too-many-tags', 'An instance has at most 20 tags.');
  const tags = value.map((tag: unknown) => {
    const { key, value: text } = isObject(tag) ? tag : {};
    return { key: checkTagKey(key), value: checkTagValue(text ?? '') };
  });
  if (new Set(tags.map(({ key }) => key)).size < tags.length) {
    throw new LarderError('invalid-tag-key', 'The keys of tags must differ.');
  }
  return tags;
}

export function checkTagKey(key: unknown): string {
  if (typeof key === 'string' && /^[A-Za-z0-9_@\u4E00-\u9FFF-]{1,36}$/.test(key)) return key;
  throw new LarderError('invalid-tag-key', 'A key has 1 to 36 letters, digits, hyphens, underscores or @.');
}

export function checkTagValue(value: unknown): string {
  if (typeof value === 'string' && /^[A-Za-z0-9_@\u4E00-\u9FFF-]{0,43}$/.test(value)) return value;
  throw new LarderError('invalid-tag-value', 'A value has at most 43 letters, digits, hyphens, underscores or @.');
}

/** A whole number that is not negative, from a number or its digits; null for anything else. */
export function readWhole(value: unknown): number | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : null;
  return typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : null;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
