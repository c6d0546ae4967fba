import { Decimal128 } from 'bson';
import { documentLength, skipValue } from './raw-bson.ts';

/** The year 10000. */
const lastShownDate = 253_402_300_800_000;
const digitsOnly = /^[+-]?\d+$/;

/** `canonical`: every type keeps its name. `relaxed`: numbers and dates as people write them, where nothing but their type is lost. */
export type JsonStyle = 'canonical' | 'relaxed';

/**
 * A raw document as Extended JSON v2, canonical unless said: fields keep their order, also those that occur twice or look like numbers. What JSON cannot hold is lost: bytes that are no UTF-8 become U+FFFD, and all NaNs are one. Throws RangeError
 * where the bytes are no document.
 */
export function toExtendedJson(raw: Buffer, start = 0, style: JsonStyle = 'canonical'): string {
  let json = '';
  for (const { name, text } of fields(raw, start, style)) json += `${json === '' ? '' : ','}${JSON.stringify(name)}:${text}`;
  return `{${json}}`;
}

function arrayJson(raw: Buffer, start: number, style: JsonStyle): string {
  let json = '';
  for (const { text } of fields(raw, start, style)) json += `${json === '' ? '' : ','}${text}`;
  return `[${json}]`;
}

function* fields(
  raw: Buffer,
  start: number,
  style: JsonStyle,
): Generator<{ readonly name: string; readonly text: string }, void, undefined> {
  const end = start + documentLength(raw, start) - 1;
  for (let at = start + 4; at < end;) {
    const nameEnd = raw.indexOf(0, at + 1);
    const value = nameEnd + 1;
    const next = skipValue(raw, raw[at]!, value);
    if (nameEnd < 0 || next > end || next < value) throw new RangeError(`malformed BSON: value past the end at byte ${at}`);
    yield { name: raw.toString('utf8', at + 1, nameEnd), text: valueJson(raw, { type: raw[at]!, value, end: next }, style) };
    at = next;
  }
}

/** The value of an element that lies there in a raw document, in the same way. */
export function valueJson(
  raw: Buffer,
  { type, value, end }: { readonly type: number; readonly value: number; readonly end: number },
  style: JsonStyle,
): string {
  const relaxed = style === 'relaxed' ? relaxedJson(raw, type, value) : null;
  if (relaxed !== null) return relaxed;
  switch (type) {
    case 0x01:
      return `{"$numberDouble":"${doubleText(raw.readDoubleLE(value))}"}`;
    case 0x02:
      return stringJson(raw, value);
    case 0x03:
      return toExtendedJson(raw, value, style);
    case 0x04:
      return arrayJson(raw, value, style);
    case 0x05:
      return binaryJson(raw, value, end);
    case 0x06:
      return '{"$undefined":true}';
    case 0x07:
      return `{"$oid":"${raw.toString('hex', value, end)}"}`;
    case 0x08:
      return raw[value] === 0 ? 'false' : 'true';
    case 0x09:
      return `{"$date":{"$numberLong":"${raw.readBigInt64LE(value)}"}}`;
    case 0x0a:
      return 'null';
    case 0x0b: {
      const patternEnd = raw.indexOf(0, value);
      const pattern = JSON.stringify(raw.toString('utf8', value, patternEnd));
      return `{"$regularExpression":{"pattern":${pattern},"options":${JSON.stringify(raw.toString('utf8', patternEnd + 1, end - 1))}}}`;
    }
    case 0x0c: {
      const id = end - 12;
      return `{"$dbPointer":{"$ref":${stringJson(raw, value)},"$id":{"$oid":"${raw.toString('hex', id, end)}"}}}`;
    }
    case 0x0d:
      return `{"$code":${stringJson(raw, value)}}`;
    case 0x0e:
      return `{"$symbol":${stringJson(raw, value)}}`;
    case 0x0f: {
      const scope = value + 8 + raw.readInt32LE(value + 4);
      return `{"$code":${stringJson(raw, value + 4)},"$scope":${toExtendedJson(raw, scope, style)}}`;
    }
    case 0x10:
      return `{"$numberInt":"${raw.readInt32LE(value)}"}`;
    case 0x11:
      return `{"$timestamp":{"t":${raw.readUInt32LE(value + 4)},"i":${raw.readUInt32LE(value)}}}`;
    case 0x12:
      return `{"$numberLong":"${raw.readBigInt64LE(value)}"}`;
    case 0x13:
      return `{"$numberDecimal":"${new Decimal128(raw.subarray(value, end)).toString()}"}`;
    case 0x7f:
      return '{"$maxKey":1}';
    default:
      return '{"$minKey":1}';
  }
}

/** Numbers that JSON holds and dates of four digits; null for everything else. */
function relaxedJson(raw: Buffer, type: number, value: number): string | null {
  if (type === 0x10) return String(raw.readInt32LE(value));
  if (type === 0x01) {
    const number = raw.readDoubleLE(value);
    return Number.isFinite(number) && !Object.is(number, -0) ? String(number) : null;
  }
  if (type === 0x12) {
    const number = raw.readBigInt64LE(value);
    return number >= Number.MIN_SAFE_INTEGER && number <= Number.MAX_SAFE_INTEGER ? String(number) : null;
  }
  if (type !== 0x09) return null;
  const time = raw.readBigInt64LE(value);
  return time >= 0 && time < lastShownDate ? `{"$date":"${new Date(Number(time)).toISOString()}"}` : null;
}

/** A string's length word counts the zero byte behind it. */
function stringJson(raw: Buffer, at: number): string {
  return JSON.stringify(raw.toString('utf8', at + 4, at + 3 + raw.readInt32LE(at)));
}

/** The old subtype 2 holds its length once more, which is not part of the data. */
function binaryJson(raw: Buffer, value: number, end: number): string {
  const subtype = raw[value + 4]!;
  const data = value + 5 + (subtype === 2 ? 4 : 0);
  return `{"$binary":{"base64":"${raw.toString('base64', data, end)}","subType":"${subtype.toString(16).padStart(2, '0')}"}}`;
}

function doubleText(number: number): string {
  if (Object.is(number, -0)) return '-0.0';
  const text = String(number);
  return digitsOnly.test(text) ? `${text}.0` : text;
}
