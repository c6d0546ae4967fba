import { EJSON, deserialize } from 'bson';
import { expect, it } from 'vitest';
import { oddDocuments, oddIds } from '../../test/fixtures/odd-documents.ts';
import { document, element, int32 } from '../../test/fixtures/raw-bson-builder.ts';
import { toExtendedJson } from './extended-json.ts';

const documents = oddDocuments();
const odd = [...documents].filter(([, { length }]) => length < 1_000_000);

it.each(
  [...odd, ...oddIds().map((raw, n) => [`_id ${n}`, raw] as const)].filter(
    ([name]) => !/duplicate|UTF-8|_id 8$|_id 20$|symbol|DBPointer/.test(name),
  ),
)('D2, D4: %s is what the library of MongoDB says', (_, raw) => {
  const decoded = deserialize(raw, { promoteValues: false, bsonRegExp: true });
  expect(JSON.parse(toExtendedJson(raw))).toEqual(JSON.parse(EJSON.stringify(decoded, { relaxed: false })));
});

it('keeps what an object of JavaScript would not: fields that occur twice, and the order of numbers', () => {
  const raw = document(element(0x10, '2', int32(1)), element(0x10, '1', int32(2)), element(0x10, '2', int32(3)));
  expect(toExtendedJson(raw)).toBe('{"2":{"$numberInt":"1"},"1":{"$numberInt":"2"},"2":{"$numberInt":"3"}}');
});

it('D2: bytes that are no UTF-8 become U+FFFD, as JSON cannot hold them', () => {
  expect(toExtendedJson(documents.get('invalid UTF-8')!)).toContain('\ufffd\ufffda');
});

it('D2: says types that the library gives up', () => {
  const json = (name: string): unknown => JSON.parse(toExtendedJson(documents.get(name)!));
  expect(json('code, symbol, undefined')).toMatchObject({ c: { $code: 'f()' }, s: { $symbol: 'sym' }, u: { $undefined: true } });
  expect(json('DBPointer')).toMatchObject({ p: { $dbPointer: { $ref: 'db.c', $id: { $oid: '0123456789abcdef01234567' } } } });
});

it('throws RangeError for bytes that are no document', () => {
  expect(() => toExtendedJson(Buffer.from([9, 0, 0, 0, 0x02, 0x61, 0, 0, 0]))).toThrow(RangeError);
});
