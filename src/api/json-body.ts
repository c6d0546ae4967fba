import { LarderError } from '../core/errors.ts';
import { TransportError } from './errors.ts';

/** How deep a body may be nested; no call needs more than six. */
export const maximumDepth = 32;

/**
 * The JSON of a body; undefined if the body is empty. A missing Content-Type is taken for JSON, as one client sends none.
 * `malformed-request` if it is not JSON in UTF-8 or nested too deep; TransportError for another type or a compressed body.
 */
export function parseJsonBody(body: Uint8Array, contentType: string | undefined, contentEncoding: string | undefined): unknown {
  if (body.byteLength === 0) return undefined;
  if (contentType !== undefined && !/^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(contentType.trim())) {
    throw new TransportError('unsupported-media-type', 'Content-Type must be application/json.');
  }
  if (contentEncoding !== undefined && contentEncoding.trim().toLowerCase() !== 'identity') {
    throw new TransportError('unsupported-media-type', 'The body must not be compressed.');
  }
  const text = decodeUtf8(body);
  refuseDepth(text);
  try {
    return JSON.parse(text);
  } catch (error) {
    // The parser's own message quotes the body, which may hold a password.
    throw new LarderError('malformed-request', 'The body is not valid JSON.', { cause: withoutMessage(error) });
  }
}

function decodeUtf8(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch (error) {
    throw new LarderError('malformed-request', 'The body is not valid UTF-8.', { cause: error });
  }
}

/** Counts brackets outside of strings before anything is built from the text. */
function refuseDepth(text: string): void {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (quoted) {
      if (character === '\\') at++;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === '{' || character === '[') {
      if (++depth > maximumDepth)
        throw new LarderError('malformed-request', `The body is nested deeper than ${maximumDepth} levels.`);
    } else if (character === '}' || character === ']') depth--;
  }
}

function withoutMessage(error: unknown): string {
  return error instanceof Error ? error.name : 'not parsed';
}
