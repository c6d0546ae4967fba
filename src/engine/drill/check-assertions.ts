import { isDeepStrictEqual } from 'node:util';
import { EJSON } from 'bson';
import type { Document, MongoClient } from 'mongodb';
import type { DrillAssertion } from '../../core/drill-assertions.ts';
import { parseNamespace } from '../../core/restore-selection.ts';

/** A query that takes longer is a wrong one. Milliseconds. */
const queryLimitMs = 600_000;

/** Asks every question and returns, one line each, what was not as expected; empty where all was. Never quotes documents. */
export async function checkAssertions(
  client: MongoClient,
  assertions: readonly DrillAssertion[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const [n, assertion] of assertions.entries()) {
    const what = await checkAssertion(client, assertion, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      return `the query failed: ${error instanceof Error ? error.message : String(error)}`;
    });
    if (what !== null) failed.push(`assertion ${n + 1} on ${assertion.namespace}: ${what}`);
  }
  return failed;
}

async function checkAssertion(client: MongoClient, assertion: DrillAssertion, signal: AbortSignal): Promise<string | null> {
  const { db, name } = parseNamespace(assertion.namespace)!;
  const { expected } = assertion;
  const filter = EJSON.deserialize(assertion.query) as Document;
  const collection = client.db(db).collection(name);
  const options = { maxTimeMS: queryLimitMs, signal };
  if (expected.kind === 'count') {
    const found = await collection.countDocuments(filter, options);
    return found === expected.count ? null : `${found} documents, expected ${expected.count}`;
  }
  const found = await collection.find(filter, { ...options, limit: expected.documents.length + 1 }).toArray();
  if (found.length > expected.documents.length) return `more than the ${expected.documents.length} documents expected`;
  const waiting = found.map(plain);
  const missing = expected.documents.filter((document) => {
    const wanted = plain(EJSON.deserialize(document) as Document);
    const at = waiting.findIndex((one) => isDeepStrictEqual(one, wanted));
    if (at !== -1) waiting.splice(at, 1);
    return at === -1;
  });
  return missing.length === 0 ? null : `${missing.length} of the ${expected.documents.length} documents expected are not there`;
}

/** The same form for what was written by hand and what was read: relaxed Extended JSON, numbers by value. */
function plain(document: Document): unknown {
  return EJSON.serialize(document, { relaxed: true });
}
