import type { Named, Token } from '../use-cases.ts';

/** The token that an answer of Keystone describes; null where it is none. */
export function parseKeystoneToken(body: string): Token | null {
  const token = field(parseJson(body), 'token');
  const user = inDomain(field(token, 'user'));
  const issuedAt = time(field(token, 'issued_at'));
  const expiresAt = time(field(token, 'expires_at'));
  if (user === null || issuedAt === null || expiresAt === null) return null;
  const project = field(token, 'project');
  const domain = field(token, 'domain');
  return {
    user,
    project: project === undefined ? null : inDomain(project),
    domain: domain === undefined ? null : named(domain),
    roles: list(field(token, 'roles')).flatMap((role) => named(role) ?? []),
    methods: list(field(token, 'methods')).filter((method) => typeof method === 'string'),
    issuedAt,
    expiresAt,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function named(value: unknown): Named | null {
  const [id, name] = [field(value, 'id'), field(value, 'name')];
  return isText(id) && isText(name) ? { id, name } : null;
}

function inDomain(value: unknown): (Named & { readonly domain: Named }) | null {
  const one = named(value);
  const domain = named(field(value, 'domain'));
  return one === null || domain === null ? null : { ...one, domain };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= 255 && value.isWellFormed() && !value.includes('\0');
}

function time(value: unknown): Date | null {
  const date = typeof value === 'string' ? new Date(value) : null;
  return date === null || Number.isNaN(date.getTime()) ? null : date;
}
