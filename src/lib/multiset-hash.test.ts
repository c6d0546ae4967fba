import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MultisetHash } from './multiset-hash.ts';
import { batchOfDocuments } from './raw-bson.ts';

/** Length word, then anything. */
function document(content: Uint8Array): Buffer {
  const bytes = Buffer.alloc(4 + content.length);
  bytes.writeInt32LE(bytes.length);
  bytes.set(content, 4);
  return bytes;
}

it('the hash of a multiset is the sum of the SHA-256 of its documents modulo 2^256, in whatever order and batches', () => {
  const contents = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 30 });
  fc.assert(
    fc.property(contents, fc.nat(30), (given, cut) => {
      const documents = given.map(document);
      const sum = documents
        .map((one) => BigInt(`0x${createHash('sha256').update(one).digest('hex')}`))
        .reduce((total, one) => (total + one) % 2n ** 256n, 0n);
      const found = new MultisetHash();
      const turned = documents.toReversed();
      found.add(batchOfDocuments(turned.slice(0, cut)));
      found.add(batchOfDocuments(turned.slice(cut)));
      expect(found.digest()).toBe(sum.toString(16).padStart(64, '0'));
      expect([found.documents, found.bytes]).toEqual([documents.length, documents.reduce((all, { length }) => all + length, 0)]);
    }),
  );
});
