import { MongoClient } from 'mongodb';

/** What the servers themselves say was read from them. */
export interface SourceReads {
  /** Documents that the profiler saw handed to Larder from collections of the profiled databases, all members together. */
  readonly byLarder: number;
  /** Growth of serverStatus `metrics.document.returned` of the member Larder read most from: reads by anybody, replication and oplog included. */
  readonly returnedToAnybody: number;
}

/** A member, connected to directly. */
interface Member {
  readonly client: MongoClient;
  readonly returnedBefore: number;
  /** Documents that the profiler must have seen whatever Larder does. */
  readonly probes: number;
}

export interface SourceCounters {
  /** Ends the measurement, puts the profilers back and says what was read. */
  stop(): Promise<SourceReads>;
}

/**
 * Turns on the profiler of every member for `databases`, for what clients named `larder` do and nothing else. The servers
 * count, not Larder. `ports` are those of all members on 127.0.0.1.
 */
export async function startSourceCounters(ports: readonly number[], databases: readonly string[]): Promise<SourceCounters> {
  const members = await Promise.all(ports.map((port) => startMember(port, databases)));
  return {
    async stop() {
      const reads = await Promise.all(members.map((member) => stopMember(member, databases)));
      const mostRead = reads.reduce((most, read) => (read.byLarder > most.byLarder ? read : most));
      return { byLarder: reads.reduce((sum, read) => sum + read.byLarder, 0), returnedToAnybody: mostRead.returnedToAnybody };
    },
  };
}

async function startMember(port: number, databases: readonly string[]): Promise<Member> {
  const client = await new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, { appName: 'quickstart' }).connect();
  for (const database of databases) await client.db(database).command({ profile: 1, slowms: 0, filter: { appName: 'larder' } });
  return { client, returnedBefore: await documentsReturned(client), probes: await probe(port, databases) };
}

/** Reads a document of each database as Larder would, so that a profiler that sees nothing does not look like a Larder that reads nothing. */
async function probe(port: number, databases: readonly string[]): Promise<number> {
  const options = { appName: 'larder', readPreference: 'secondaryPreferred' } as const;
  await using client = await new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, options).connect();
  let probes = 0;
  for (const database of databases) {
    const [collection] = await client
      .db(database)
      .listCollections({ type: 'collection', name: /^(?!system\.)/ })
      .toArray();
    if (collection !== undefined && (await client.db(database).collection(collection.name).findOne()) !== null) probes++;
  }
  return probes;
}

async function stopMember({ client, returnedBefore, probes }: Member, databases: readonly string[]): Promise<SourceReads> {
  try {
    const returnedToAnybody = (await documentsReturned(client)) - returnedBefore;
    let byLarder = 0;
    for (const database of databases) {
      const db = client.db(database);
      await db.command({ profile: 0, slowms: 100, filter: 'unset' });
      // Listing collections and indexes is a cursor too, on `$cmd`; only documents of collections count.
      const profile = await db
        .collection('system.profile')
        .find(
          { appName: 'larder', nreturned: { $gt: 0 }, ns: { $not: /\.\$cmd|\.system\.profile$/ } },
          { readPreference: 'secondaryPreferred' },
        )
        .toArray();
      byLarder += profile.reduce((sum, entry) => sum + Number(entry['nreturned']), 0);
    }
    if (probes === 0 || byLarder < probes)
      throw new Error('the profiler does not see what Larder reads, so it cannot be measured');
    return { byLarder: byLarder - probes, returnedToAnybody };
  } finally {
    await client.close();
  }
}

async function documentsReturned(client: MongoClient): Promise<number> {
  const status = await client.db('admin').command({ serverStatus: 1 });
  return Number(status['metrics']?.document?.returned ?? 0);
}
