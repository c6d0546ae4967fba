import { isIP } from 'node:net';
import { delimiter, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** A value that is not allowed; the message says what is, as the end of the sentence "it must be …". */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

/** An IP address or a host name. */
export function parseHost(value: string): string {
  const isName = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i.test(value);
  // What looks like an address must be one.
  if (isIP(value) === 0 && (!isName || /^[\d.]+$/.test(value))) throw new Refusal('an IP address or a host name, without port');
  return value;
}

/** A TCP port; 0 lets the system choose. */
export function parsePort(value: string): number {
  const port = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN;
  if (!(port <= 65_535)) throw new Refusal('a whole number from 0 (any free port) to 65535');
  return port;
}

/** A whole number in a range, ends included. */
export function parseCount(value: string, least: number, most: number): number {
  const count = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  if (!(count >= least && count <= most)) throw new Refusal(`a whole number from ${least} to ${most}`);
  return count;
}

/** A region name as in the service's addresses. */
export function parseRegion(value: string): string {
  if (!/^(?=.{1,64}$)[a-z0-9]+(-[a-z0-9]+)*$/.test(value)) {
    throw new Refusal('a name of at most 64 small letters, digits and single hyphens, such as eu-de');
  }
  return value;
}

/** A secret of that many characters. */
export function parseSecret(value: string, shortest: number, longest: number): string {
  const length = [...value].length;
  if (length < shortest || length > longest || /\p{Cc}/u.test(value)) {
    throw new Refusal(`${shortest} to ${longest} characters, none of them a control character`);
  }
  return value;
}

/** A passphrase that unlocks a repository. */
export function parsePassphrase(value: string): string {
  return parseSecret(value, 8, 1024);
}

/** A secret that fits into a header. */
export function parseToken(value: string, shortest: number, longest: number): string {
  if (!/^[!-~]+$/.test(value) || value.length < shortest || value.length > longest) {
    throw new Refusal(`${shortest} to ${longest} letters, digits and signs of ASCII, without spaces`);
  }
  return value;
}

/** The address of a PostgreSQL database. */
export function parseDatabaseUrl(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (!url || !/^postgres(ql)?:$/.test(url.protocol) || (url.hostname === '' && !url.searchParams.has('host'))) {
    throw new Refusal('a PostgreSQL address such as postgres://user:password@host:5432/database');
  }
  return value;
}

/** The address of an outer Keystone, in its one canonical form: with its version and without a slash at the end. */
export function parseKeystoneUrl(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : null;
  const path = url?.pathname.replace(/\/+$/, '') ?? '';
  if (
    !url ||
    !/^https?:$/.test(url.protocol) ||
    url.username ||
    url.password ||
    url.search ||
    url.hash ||
    !path.endsWith('/v3')
  ) {
    throw new Refusal('https://host:port/v3, without credentials, query and fragment');
  }
  return url.origin + path;
}

/** Roles of the outer Keystone and what each is here: `admin=admin,member=operator`. */
export function parseRoleMap(value: string): Readonly<Record<string, 'admin' | 'operator' | 'reader'>> {
  const allowed = 'a list like admin=admin,member=operator,reader=reader, each role once; at the right admin, operator or reader';
  const pairs = value.split(',').map((pair) => /^\s*([^=,]{1,255}?)\s*=\s*(admin|operator|reader)\s*$/.exec(pair));
  const map = new Map<string, 'admin' | 'operator' | 'reader'>();
  for (const pair of pairs) {
    const [, outer, own] = pair ?? [];
    if (outer === undefined || outer === '' || map.has(outer)) throw new Refusal(allowed);
    map.set(outer, own as 'admin' | 'operator' | 'reader');
  }
  return Object.freeze(Object.fromEntries(map));
}

const s3Parameters = ['endpoint', 'region', 'pathStyle'];

/** A folder or a bucket, in its one canonical form; a relative `file:` path is relative to `folder`. */
export function parseRepositoryUrl(value: string, folder: string): string {
  if (/^file:/i.test(value)) return parseFileUrl(value, folder);
  if (/^s3:/i.test(value)) return parseS3Url(value);
  throw new Refusal('file:///absolute/path or s3://bucket/prefix?endpoint=https://…&region=…');
}

function parseFileUrl(value: string, folder: string): string {
  const allowed = 'file:///absolute/path or file:relative/path, without host, query and fragment';
  const path = value.slice('file:'.length);
  if (path === '' || path === '//' || /[?#\0]/.test(path)) throw new Refusal(allowed);
  if (!path.startsWith('//')) return pathToFileURL(resolve(folder, path)).href;
  try {
    const url = new URL(value);
    if (url.host !== '') throw new Refusal(allowed);
    return pathToFileURL(fileURLToPath(url)).href;
  } catch {
    throw new Refusal(allowed);
  }
}

function parseS3Url(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (!url || !/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(url.host) || url.hash !== '') {
    throw new Refusal(
      's3://bucket/prefix?endpoint=https://…&region=…, the bucket of 3 to 63 small letters, digits, hyphens and dots',
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new Refusal('free of credentials; those come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY');
  }
  for (const name of url.searchParams.keys()) {
    if (!s3Parameters.includes(name))
      throw new Refusal(`an s3: address with no other parameters than ${s3Parameters.join(', ')}`);
  }
  const endpoint = url.searchParams.get('endpoint');
  if (endpoint !== null && !isEndpoint(endpoint)) {
    throw new Refusal('an s3: address whose endpoint is http://host:port or https://host:port, without credentials');
  }
  if (!['true', 'false', null].includes(url.searchParams.get('pathStyle'))) {
    throw new Refusal('an s3: address whose pathStyle is true or false');
  }
  return value;
}

function isEndpoint(value: string): boolean {
  const url = URL.canParse(value) ? new URL(value) : null;
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
}

/** What becomes of the servers that Larder started when it stops. */
export function parseOnStop(value: string): 'keep' | 'stop' {
  if (value === 'keep' || value === 'stop') return value;
  throw new Refusal('keep or stop');
}

/** Paths with the system's separator between; relative ones are relative to `folder`. */
export function parsePaths(value: string, folder: string): readonly string[] {
  return value
    .split(delimiter)
    .filter((path) => path !== '')
    .map((path) => resolve(folder, path));
}
