import { decodePercent, decodeQuery, rawPathOf, rawQueryOf } from '../query.ts';

export interface SignableRequest {
  readonly method: string;
  /** Path and query exactly as on the request line. */
  readonly target: string;
  /** Names in lower case; of a header sent twice the values joined by `, `. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/**
 * The canonical request of both signing schemes: six parts joined by line feeds. `payloadHash` is the hex SHA-256 of the raw
 * body. The scoped form also collapses runs of white space inside header values (`collapse`).
 */
export function canonicalRequest(
  request: SignableRequest,
  signedHeaders: readonly string[],
  payloadHash: string,
  collapse: boolean,
): string {
  const lines = signedHeaders.map((name) => {
    const value = [request.headers[name] ?? ''].flat().join(', ').trim();
    return `${name}:${collapse ? value.replaceAll(/\s+/g, ' ') : value}\n`;
  });
  return [
    request.method.toUpperCase(),
    canonicalPath(rawPathOf(request.target)),
    canonicalQuery(rawQueryOf(request.target)),
    lines.join(''),
    signedHeaders.join(';'),
    payloadHash,
  ].join('\n');
}

/** Each segment decoded and encoded anew, with a `/` at the end even where the request line has none. */
export function canonicalPath(path: string): string {
  const encoded = path
    .split('/')
    .map((segment) => encodeStrictly(decodePercent(segment)))
    .join('/');
  return encoded.endsWith('/') ? encoded : `${encoded}/`;
}

/** Pairs decoded, encoded strictly and sorted by name, then value; a value that is empty keeps its `=`. */
export function canonicalQuery(query: string): string {
  return decodeQuery(query)
    .map(([name, value]) => [encodeStrictly(name), encodeStrictly(value)] as const)
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** Percent-encodes the UTF-8 bytes of all but `A-Z a-z 0-9 - . _ ~`, with upper-case digits. */
export function encodeStrictly(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
