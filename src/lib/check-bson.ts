import { skipValue } from './raw-bson.ts';

/** As deep as a server nests documents. */
const deepest = 200;

/** Types whose value begins with a length that counts a zero byte at its end: string, code, symbol, DBPointer. */
const strings: ReadonlySet<number> = new Set([0x02, 0x0c, 0x0d, 0x0e]);

/**
 * Throws RangeError unless the `length` bytes at `start` are one document with nothing wrong in its structure: lengths fit into each other,
 * names and strings end, types exist. For bytes that come from outside. What strings hold is not looked at.
 */
export function checkBson(raw: Buffer, start: number, length: number): void {
  checkDocument(raw, start, start + length, deepest);
}

function checkDocument(raw: Buffer, start: number, limit: number, depth: number): void {
  if (depth === 0) fail(`nested deeper than ${deepest}`, start);
  if (limit - start < 5 || raw.readInt32LE(start) !== limit - start) fail('document length', start);
  const end = limit - 1;
  if (raw[end] !== 0) fail('unterminated document', end);
  let at = start + 4;
  while (at < end) {
    const type = raw[at]!;
    const nameEnd = raw.indexOf(0, at + 1);
    if (nameEnd < 0 || nameEnd >= end) fail('unterminated field name', at);
    at = checkValue(raw, type, nameEnd + 1, end, depth);
  }
  if (at !== end) fail('value past the end', at);
}

/** Returns where the value ends, which is not past `end`. */
function checkValue(raw: Buffer, type: number, value: number, end: number, depth: number): number {
  if (hasLength(type) && end - value < 4) fail('value past the end', value);
  const next = skipValue(raw, type, value);
  if (next < value || next > end) fail('value past the end', value);
  if (strings.has(type)) checkString(raw, value, next);
  else if (type === 0x03 || type === 0x04) checkDocument(raw, value, next, depth - 1);
  else if (type === 0x08 && raw[value]! > 1) fail('boolean', value);
  else if (type === 0x05 && raw.readInt32LE(value) < 0) fail('binary length', value);
  else if (type === 0x0f) {
    if (next - value < 14) fail('code with scope', value);
    const scope = value + 8 + raw.readInt32LE(value + 4);
    if (scope < value + 9 || scope > next - 5) fail('code with scope', value);
    checkString(raw, value + 4, scope);
    checkDocument(raw, scope, next, depth - 1);
  }
  return next;
}

/** `limit`: the string, or what it belongs to, ends here. */
function checkString(raw: Buffer, at: number, limit: number): void {
  const length = raw.readInt32LE(at);
  const end = at + 4 + length;
  if (length < 1 || end > limit || raw[end - 1] !== 0) fail('string', at);
}

function hasLength(type: number): boolean {
  return strings.has(type) || (type >= 0x03 && type <= 0x05) || type === 0x0f;
}

function fail(what: string, at: number): never {
  throw new RangeError(`malformed BSON: ${what} at byte ${at}`);
}
