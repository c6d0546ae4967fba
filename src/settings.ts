import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LineCounter, parseDocument } from 'yaml';
import { LarderError } from './core/errors.ts';
import { nearestWord } from './lib/nearest-word.ts';
import { redactConnectionString } from './lib/redact.ts';
import type { TlsFiles } from './tls-files.ts';
import {
  parseCount,
  parseDatabaseUrl,
  parseHost,
  parseKeystoneUrl,
  parseOnStop,
  parsePaths,
  parsePort,
  parseRegion,
  parseRepositoryUrl,
  parseRoleMap,
  parsePassphrase,
  parseSecret,
  parseToken,
  Refusal,
} from './setting-values.ts';

/** How this installation is set up. Frozen. Holds secrets: never log it. */
export interface Settings {
  /** Absolute. Holds the embedded catalog, the first password and, unless told otherwise, the repository. */
  readonly dataFolder: string;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly region: string;
  /** null: one is generated at the first start. */
  readonly adminPassword: string | null;
  /** null: the embedded catalog. */
  readonly databaseUrl: string | null;
  /** `file:///absolute/path` or `s3://bucket/prefix?…`. */
  readonly repositoryUrl: string;
  /** null: a key file in the data folder unlocks the repository. */
  readonly repositoryPassphrase: string | null;
  /** How long audit entries are kept. */
  readonly auditDays: number;
  /** Of the instances that Larder starts itself. */
  readonly instances: InstanceSettings;
  /** How often the oplog of an instance is archived, 0 for never, and how large a segment of it may become before. */
  readonly archiveSeconds: number;
  readonly archiveMb: number;
  /** null: plain HTTP. */
  readonly tls: TlsFiles | null;
  /** An outer Keystone that knows users, projects and roles, and what its roles are here; null: Larder knows them itself. */
  readonly keystone: { readonly url: string; readonly roles: Readonly<Record<string, 'admin' | 'operator' | 'reader'>> } | null;
  /** Who reads the metrics must send it; null: only this machine may read them. */
  readonly metricsToken: string | null;
  /** Requests in a minute; null: no limit. */
  readonly rateLimits: { readonly perAddress: number | null; readonly perUser: number | null };
}

export interface InstanceSettings {
  /** Address under which clients find their servers. */
  readonly host: string;
  /** How many there may be; 0: none are created. */
  readonly most: number;
  /** Cache of each server, in megabytes. */
  readonly cacheMb: number;
  /** Their servers end with Larder, instead of running on. */
  readonly stopWithLarder: boolean;
  /** Further server programs, for other versions. */
  readonly mongods: readonly string[];
}

export interface ReadSettingsOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Where `larder.yaml` may lie and what relative paths are relative to. */
  readonly folder: string;
}

const fileName = 'larder.yaml';
const keys = [
  'data_dir',
  'host',
  'port',
  'region',
  'admin_password',
  'database_url',
  'repository',
  'repository_passphrase',
  'audit_days',
  'instances_host',
  'instances_max',
  'instances_cache_mb',
  'instances_on_stop',
  'mongods',
  'archive_seconds',
  'archive_mb',
  'tls_cert',
  'tls_key',
  'rate_limit_address',
  'rate_limit_user',
  'metrics_token',
  'keystone_url',
  'keystone_roles',
] as const;
type Key = (typeof keys)[number];

/** May stand in the file without quotes. */
const numericKeys: ReadonlySet<Key> = new Set([
  'archive_seconds',
  'archive_mb',
  'port',
  'audit_days',
  'instances_max',
  'instances_cache_mb',
  'rate_limit_address',
  'rate_limit_user',
]);

/** Never shown, not even in part. */
const secretKeys: ReadonlySet<Key> = new Set(['admin_password', 'repository_passphrase', 'metrics_token']);

/**
 * Reads the settings: an environment variable (`LARDER_` and the key in capitals) before a key of `larder.yaml` before the
 * default. An empty variable counts as not set. `invalid-setting` names the setting, where it stands, what it is (unless it is a
 * secret) and what is allowed. Reads that one file and touches nothing else.
 */
export async function readSettings({ env, folder }: ReadSettingsOptions): Promise<Settings> {
  const file = await readSettingsFile(join(folder, fileName));
  const read = <T>(key: Key, parse: (value: string) => T): T | null => readOne(key, env, file, parse);

  const dataFolder = resolve(folder, read('data_dir', (value) => value) ?? 'data');
  return Object.freeze({
    dataFolder,
    host: read('host', parseHost) ?? '127.0.0.1',
    port: read('port', parsePort) ?? 8440,
    region: read('region', parseRegion) ?? 'eu-de',
    adminPassword: read('admin_password', (value) => parseSecret(value, 8, 128)),
    databaseUrl: read('database_url', parseDatabaseUrl),
    repositoryUrl:
      read('repository', (value) => parseRepositoryUrl(value, folder)) ?? pathToFileURL(join(dataFolder, 'repository')).href,
    repositoryPassphrase: read('repository_passphrase', parsePassphrase),
    instances: Object.freeze({
      host: read('instances_host', parseHost) ?? '127.0.0.1',
      most: read('instances_max', (value) => parseCount(value, 0, 1000)) ?? 20,
      cacheMb: read('instances_cache_mb', (value) => parseCount(value, 256, 1_000_000)) ?? 256,
      stopWithLarder: (read('instances_on_stop', parseOnStop) ?? 'keep') === 'stop',
      mongods: Object.freeze(read('mongods', (value) => parsePaths(value, folder)) ?? []),
    }),
    tls: tlsFiles(
      read('tls_cert', (value) => resolve(folder, value)),
      read('tls_key', (value) => resolve(folder, value)),
    ),
    keystone: keystone(read('keystone_url', parseKeystoneUrl), read('keystone_roles', parseRoleMap)),
    rateLimits: Object.freeze({
      perAddress: read('rate_limit_address', (value) => parseCount(value, 1, 1_000_000)),
      perUser: read('rate_limit_user', (value) => parseCount(value, 1, 1_000_000)),
    }),
    metricsToken: read('metrics_token', (value) => parseToken(value, 16, 128)),
    archiveSeconds: read('archive_seconds', (value) => parseCount(value, 0, 3600)) ?? 10,
    archiveMb: read('archive_mb', (value) => parseCount(value, 1, 32)) ?? 8,
    auditDays: read('audit_days', (value) => parseCount(value, 1, 36_500)) ?? 365,
  });
}

/** What the roles that every Keystone has are here, unless told otherwise. */
const usualRoles = Object.freeze({ admin: 'admin', member: 'operator', reader: 'reader' } as const);

function keystone(url: string | null, roles: NonNullable<Settings['keystone']>['roles'] | null): Settings['keystone'] {
  if (url !== null) return Object.freeze({ url, roles: roles ?? usualRoles });
  if (roles === null) return null;
  throw new LarderError('invalid-setting', 'LARDER_KEYSTONE_ROLES is set and LARDER_KEYSTONE_URL is not', {
    details: { setting: 'LARDER_KEYSTONE_URL' },
  });
}

function tlsFiles(certificate: string | null, key: string | null): TlsFiles | null {
  if (certificate === null && key === null) return null;
  if (certificate !== null && key !== null) return Object.freeze({ certificate, key });
  const [given, missing] = key === null ? ['LARDER_TLS_CERT', 'LARDER_TLS_KEY'] : ['LARDER_TLS_KEY', 'LARDER_TLS_CERT'];
  throw new LarderError('invalid-setting', `${given} is set and ${missing} is not; TLS needs both`, {
    details: { setting: missing },
  });
}

function readOne<T>(key: Key, env: NodeJS.ProcessEnv, file: SettingsFile, parse: (value: string) => T): T | null {
  const variable = `LARDER_${key.toUpperCase()}`;
  const fromEnvironment = env[variable];
  const value = fromEnvironment || file.get(key);
  if (value === undefined) return null;
  try {
    return parse(value);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const where = fromEnvironment ? variable : `${key} in ${fileName}`;
    const what = secretKeys.has(key) ? 'is not allowed' : `is ${JSON.stringify(redactConnectionString(value))}`;
    throw new LarderError('invalid-setting', `${where} ${what}; it must be ${error.message}`, { details: { setting: where } });
  }
}

/** The keys that are set, each as text. */
type SettingsFile = ReadonlyMap<Key, string>;

async function readSettingsFile(path: string): Promise<SettingsFile> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw wrongFile(`cannot be read (${error.code ?? 'unknown reason'})`, error);
  });
  return text === null ? new Map() : parseSettingsFile(text);
}

function parseSettingsFile(text: string): SettingsFile {
  const lines = new LineCounter();
  // Pretty errors quote the text, which may hold a secret.
  const document = parseDocument(text, { prettyErrors: false, lineCounter: lines });
  const [problem] = document.errors;
  if (problem) {
    const reason = problem.code.toLowerCase().replaceAll('_', ' ');
    throw wrongFile(`is not valid YAML in line ${lines.linePos(problem.pos[0]).line} (${reason})`);
  }
  const content: unknown = document.toJS({ maxAliasCount: 0 });
  if (content === null || content === undefined) return new Map();
  if (typeof content !== 'object' || Array.isArray(content)) throw wrongFile('must be a list of lines of the form `key: value`');

  const settings = new Map<Key, string>();
  for (const [key, value] of Object.entries(content)) {
    if (!isKey(key)) throw unknownKey(key);
    if (value === null) continue;
    settings.set(key, textOf(key, value));
  }
  return settings;
}

function textOf(key: Key, value: unknown): string {
  if (typeof value === 'string') return value;
  if (numericKeys.has(key) && typeof value === 'number') return String(value);
  throw new LarderError('invalid-setting', `${key} in ${fileName} is no text; put its value in quotes`, {
    details: { setting: `${key} in ${fileName}` },
  });
}

function isKey(word: string): word is Key {
  return (keys as readonly string[]).includes(word);
}

function unknownKey(key: string): LarderError {
  const near = nearestWord(key.replace(/^larder_/i, ''), keys);
  const hint = near === null ? '' : ` (did you mean ${near}?)`;
  const what = `has the unknown key ${JSON.stringify(key.slice(0, 80))}${hint}; known are ${keys.join(', ')}`;
  return wrongFile(what);
}

function wrongFile(what: string, cause?: unknown): LarderError {
  return new LarderError('invalid-setting', `${fileName} ${what}`, { cause, details: { setting: fileName } });
}
