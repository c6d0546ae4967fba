import fc from 'fast-check';
import { expect, it } from 'vitest';
import { oddDocuments, oddIds } from '../../test/fixtures/odd-documents.ts';
import { document, element } from '../../test/fixtures/raw-bson-builder.ts';
import { checkBson } from './check-bson.ts';
import { toExtendedJson } from './extended-json.ts';

const good = [...oddDocuments().values(), ...oddIds()].filter(({ length }) => length < 1_000_000);

it.each(good.map((raw) => [raw.toString('hex')]))('D2, D4: finds nothing wrong with %s', (hex) => {
  const raw = Buffer.from(hex, 'hex');
  expect(() => checkBson(raw, 0, raw.length)).not.toThrow();
});

it('P9: what it lets pass can be walked; whatever else happens to bytes, it is a RangeError', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...good),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 }),
      (raw, changes) => {
        const changed = Buffer.from(raw);
        for (const [at, byte] of changes) changed[at % changed.length] = byte;
        try {
          checkBson(changed, 0, changed.length);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
          return;
        }
        expect(() => JSON.parse(toExtendedJson(changed))).not.toThrow();
      },
    ),
    { numRuns: 3000 },
  );
});

it('P9: refuses what is nested deeper than a server nests', () => {
  let deep = document();
  for (let n = 0; n < 250; n++) deep = document(element(0x03, 'a', deep));
  expect(() => checkBson(deep, 0, deep.length)).toThrow(/nested/);
});

it('refuses a length that is not the one of the document', () => {
  const raw = document();
  expect(() => checkBson(Buffer.concat([raw, raw]), 0, 10)).toThrow(RangeError);
  expect(() => checkBson(raw, 0, 4)).toThrow(RangeError);
});
