/**
 * Splits and decodes a query string (without its `?`): `+` and `%20` are both a blank, as the clients disagree. Text after a
 * `%` that is no valid encoding stays as it came: whoever reads the field refuses it with the field's own error.
 */
export function decodeQuery(raw: string): readonly (readonly [name: string, value: string])[] {
  return raw
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const at = pair.indexOf('=');
      return at < 0 ? [decodeFormText(pair), ''] : [decodeFormText(pair.slice(0, at)), decodeFormText(pair.slice(at + 1))];
    });
}

/** The query of a request target such as `/v3/x?a=b`, without the `?`; '' if there is none. */
export function rawQueryOf(target: string): string {
  const at = target.indexOf('?');
  return at < 0 ? '' : target.slice(at + 1);
}

/** The path of a request target, still encoded. */
export function rawPathOf(target: string): string {
  const at = target.indexOf('?');
  return at < 0 ? target : target.slice(0, at);
}

/** The query as an object without prototype; a name given twice becomes an array, which no schema of ours accepts. */
export function parseQuery(raw: string): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = Object.create(null);
  for (const [name, value] of decodeQuery(raw)) {
    const before = query[name];
    query[name] = before === undefined ? value : [before, value].flat();
  }
  return query;
}

function decodeFormText(text: string): string {
  return decodePercent(text.replaceAll('+', ' '));
}

/** Percent-decodes as UTF-8; text that is not validly encoded comes back unchanged. */
export function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
