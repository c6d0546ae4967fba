import type { Document, MongoClient } from 'mongodb';
import { seededRandom } from '../test/fixtures/workload.ts';

const words =
  'alpha beta gamma delta epsilon zeta eta theta iota kappa lambda omicron sigma tau upsilon omega river stone cloud field harbour market'.split(
    ' ',
  );
const states = ['new', 'paid', 'sent', 'delivered', 'returned'];
const perInsert = 5000;

/** Orders of about 740 bytes with realistic fields; the same for the same seed. */
export function* realisticDocuments(count: number, seed: number): Generator<Document, void, undefined> {
  const random = seededRandom(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const text = (length: number): string => Array.from({ length }, () => `${pick(words)}${Math.floor(random() * 1000)}`).join(' ');
  for (let n = 0; n < count; n++) {
    yield {
      _id: n,
      customer: { name: text(2), email: `${text(1)}@example.org`, age: 18 + Math.floor(random() * 70), vip: random() < 0.1 },
      created: new Date(1_600_000_000_000 + Math.floor(random() * 1e11)),
      status: pick(states),
      items: Array.from({ length: 3 }, () => ({
        sku: text(1),
        quantity: 1 + Math.floor(random() * 5),
        price: Math.round(random() * 1e5) / 100,
      })),
      address: {
        street: text(3),
        city: text(1),
        zip: String(10_000 + Math.floor(random() * 89_999)),
        at: [random() * 180, random() * 90],
      },
      total: random() * 1000,
      note: text(26),
    };
  }
}

/** Fills a collection and returns the raw bytes it holds. */
export async function fillCollection(
  client: MongoClient,
  db: string,
  name: string,
  count: number,
  seed: number,
): Promise<number> {
  const collection = client.db(db).collection(name);
  let batch: Document[] = [];
  for (const document of realisticDocuments(count, seed)) {
    batch.push(document);
    if (batch.length < perInsert) continue;
    await collection.insertMany(batch, { ordered: false });
    batch = [];
  }
  if (batch.length > 0) await collection.insertMany(batch, { ordered: false });
  const { size } = await client.db(db).command({ collStats: name });
  return Number(size);
}
