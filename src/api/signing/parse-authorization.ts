import { LarderError } from '../../core/errors.ts';

interface Signed {
  readonly access: string;
  /** Lower case, as sent. */
  readonly signedHeaders: readonly string[];
  /** 64 hex digits, lower case. */
  readonly signature: string;
}

/** The two schemes that share the name SDK-HMAC-SHA256; `Access=` marks the simple one, `Credential=` the scoped one. */
export type SignedAuthorization =
  | (Signed & { readonly form: 'simple' })
  | (Signed & { readonly form: 'scoped'; readonly date: string; readonly region: string; readonly service: string });

const algorithm = 'SDK-HMAC-SHA256';

/** True if an Authorization header claims to be a request signature, of whichever algorithm. */
export function isSignature(authorization: string): boolean {
  return /^(SDK-|V11-)/.test(authorization);
}

/** Takes an Authorization header apart. `bad-signature` if it is of another algorithm or not complete. */
export function parseAuthorization(authorization: string): SignedAuthorization {
  const blank = authorization.indexOf(' ');
  if (blank < 0 || authorization.slice(0, blank) !== algorithm) throw refuse(`only ${algorithm} is accepted`);
  const fields = new Map<string, string>();
  for (const part of authorization.slice(blank + 1).split(',')) {
    const [name, value] = splitOnce(part.trim(), '=');
    if (value === null || fields.has(name)) throw refuse('the Authorization header is malformed');
    fields.set(name, value);
  }
  const signature = fields.get('Signature') ?? '';
  const signedHeaders = (fields.get('SignedHeaders') ?? '').toLowerCase().split(';');
  if (!/^[0-9a-f]{64}$/i.test(signature)) throw refuse('Signature must be 64 hex digits');
  if (!signedHeaders.includes('host') || !signedHeaders.includes('x-sdk-date')) {
    throw refuse('SignedHeaders must contain host and x-sdk-date');
  }
  const common = { signedHeaders: [...new Set(signedHeaders)].sort(), signature: signature.toLowerCase() };
  const access = fields.get('Access');
  const credential = fields.get('Credential');
  if (access !== undefined && credential === undefined) return { form: 'simple', access, ...common };
  const [key, date, region, service, end, ...more] = (credential ?? '').split('/');
  if (access !== undefined || !key || date === undefined || region === undefined || service === undefined) {
    throw refuse('the Authorization header needs either Access or Credential');
  }
  if (end !== 'sdk_request' || more.length > 0) throw refuse('the credential scope must end in sdk_request');
  return { form: 'scoped', access: key, date, region, service, ...common };
}

function splitOnce(text: string, separator: string): [string, string | null] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
}

function refuse(reason: string): LarderError {
  return new LarderError('bad-signature', `verify aksk signature fail: ${reason}.`);
}
