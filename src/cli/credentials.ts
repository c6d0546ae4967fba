import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError } from './command-error.ts';
import { exitCodes } from './exit-codes.ts';

/** How to prove who calls. */
export type Credentials =
  | { readonly kind: 'token'; readonly token: string }
  | {
      readonly kind: 'password';
      readonly user: string;
      readonly password: string;
      readonly domain: string;
      /** Absent: the project of that name is not known and the server must tell. */
      readonly project: { readonly id: string } | { readonly name: string };
    };

export interface Connection {
  /** `http://host:port`. */
  readonly endpoint: string;
  readonly credentials: Credentials;
}

export interface ConnectionSource {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `--endpoint`. */
  readonly endpoint?: string | undefined;
  /** `--data-dir`. */
  readonly dataDir?: string | undefined;
}

export const defaultEndpoint = 'http://127.0.0.1:8440';
export const defaultDataDir = './data';

/**
 * Finds the server and the credentials: LARDER_TOKEN, then OS_USERNAME and OS_PASSWORD, then `credentials.json` in the data
 * folder, which is read only where it is needed. Throws CommandError `invalid-endpoint`, `no-credentials` or
 * `bad-credentials-file`; none of them shows a secret.
 */
export async function findConnection(source: ConnectionSource): Promise<Connection> {
  const { env } = source;
  const given = nonEmpty(source.endpoint) ?? nonEmpty(env['LARDER_ENDPOINT']);
  const token = nonEmpty(env['LARDER_TOKEN']);
  if (token !== undefined) {
    return {
      endpoint: asEndpoint(given ?? nonEmpty(env['OS_AUTH_URL']) ?? defaultEndpoint),
      credentials: { kind: 'token', token },
    };
  }
  const fromOpenStack = openStackCredentials(env);
  if (fromOpenStack !== null) {
    return { endpoint: asEndpoint(given ?? nonEmpty(env['OS_AUTH_URL']) ?? defaultEndpoint), credentials: fromOpenStack };
  }
  const path = join(nonEmpty(source.dataDir) ?? nonEmpty(env['LARDER_DATA_DIR']) ?? defaultDataDir, 'credentials.json');
  const file = await readCredentialsFile(path);
  return { endpoint: asEndpoint(given ?? file.endpoint ?? defaultEndpoint), credentials: file.credentials };
}

function openStackCredentials(env: ConnectionSource['env']): Credentials | null {
  const user = nonEmpty(env['OS_USERNAME']);
  const password = nonEmpty(env['OS_PASSWORD']);
  if (user === undefined || password === undefined) return null;
  const id = nonEmpty(env['OS_PROJECT_ID']);
  const name = nonEmpty(env['OS_PROJECT_NAME']);
  if (id === undefined && name === undefined) {
    throw new CommandError(
      'no-credentials',
      exitCodes.usage,
      'OS_USERNAME is set, so OS_PROJECT_NAME or OS_PROJECT_ID is needed too.',
    );
  }
  const domain = nonEmpty(env['OS_USER_DOMAIN_NAME']) ?? 'Default';
  return { kind: 'password', user, password, domain, project: id === undefined ? { name: name! } : { id } };
}

async function readCredentialsFile(path: string): Promise<{ credentials: Credentials; endpoint: string | undefined }> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const reason = missing ? 'does not exist' : 'cannot be read by this user';
    const message = `No credentials: ${path} ${reason}. Start a server with \`npm start\` (it writes that file), name its data folder with --data-dir, or set LARDER_TOKEN, or OS_USERNAME, OS_PASSWORD and OS_PROJECT_NAME.`;
    throw new CommandError('no-credentials', exitCodes.unauthorised, message, { cause: error });
  }
  const value = parseObject(text);
  const field = (name: string): string | undefined => (typeof value?.[name] === 'string' ? nonEmpty(value[name]) : undefined);
  const user = field('user');
  const password = field('password');
  const id = field('project_id');
  const name = field('project_name');
  if (user === undefined || password === undefined || (id === undefined && name === undefined)) {
    // No cause: a JSON syntax error quotes the text around it, which may be the password.
    throw new CommandError('bad-credentials-file', exitCodes.usage, `${path} is not a credentials file of Larder.`);
  }
  const project = id === undefined ? { name: name! } : { id };
  return {
    credentials: { kind: 'password', user, password, domain: field('domain') ?? 'Default', project },
    endpoint: field('endpoint'),
  };
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}

/** Only scheme, host and port: `OS_AUTH_URL` usually ends in `/v3`. */
function asEndpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.username !== '' || url.password !== '') {
    throw new CommandError(
      'invalid-endpoint',
      exitCodes.usage,
      'The endpoint must look like http://host:port, without user and password.',
    );
  }
  return url.origin;
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : value;
}
