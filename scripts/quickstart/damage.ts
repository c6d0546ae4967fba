import type { MongoClient } from 'mongodb';

/** Drops one collection and damages another, as accidents do; says what it did, one line each. */
export async function damage(client: MongoClient): Promise<readonly string[]> {
  const shop = client.db('shop');
  const cities = client.db('geo').collection('cities');
  await shop.collection('orders').drop();
  const { deletedCount } = await cities.deleteMany({ country: 'IT' });
  const { modifiedCount } = await cities.updateMany(
    { population: { $lt: 2_000 } },
    { $unset: { name: '' }, $set: { population: 0 } },
  );
  await cities.dropIndex('by_country');
  return [
    'dropped shop.orders',
    `deleted ${deletedCount} places in Italy from geo.cities`,
    `emptied the names of ${modifiedCount} small places`,
    'dropped the index geo.cities by_country',
  ];
}
