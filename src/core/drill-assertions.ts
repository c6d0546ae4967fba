import { LarderError } from './errors.ts';
import { parseNamespace } from './restore-selection.ts';

/** A question that the owner of the data asks of a restored backup, and the answer it must give. */
export interface DrillAssertion {
  /** `db.collection` */
  readonly namespace: string;
  /** A filter in MongoDB's Extended JSON. */
  readonly query: Readonly<Record<string, unknown>>;
  readonly expected:
    | { readonly kind: 'count'; readonly count: number }
    /** Exactly these documents, in whatever order; Extended JSON. */
    | { readonly kind: 'documents'; readonly documents: readonly Readonly<Record<string, unknown>>[] };
}

const mostAssertions = 100;
const mostDocuments = 1000;

/**
 * Reads a list of `{namespace, query, count}` or `{namespace, query, documents}`; a missing query means every document. Pure.
 * `invalid-assertion` names the entry and what is wrong with it.
 */
export function parseAssertions(given: unknown): readonly DrillAssertion[] {
  if (!Array.isArray(given)) throw new LarderError('invalid-assertion', 'Assertions are a list.');
  if (given.length > mostAssertions) throw new LarderError('invalid-assertion', `There may be ${mostAssertions} assertions.`);
  return given.map((entry: unknown, n) => parseAssertion(entry, n + 1));
}

function parseAssertion(entry: unknown, number: number): DrillAssertion {
  const wrong = (what: string): LarderError => new LarderError('invalid-assertion', `Assertion ${number}: ${what}`);
  if (!isObject(entry)) throw wrong('it must be an object with namespace, query, and count or documents.');
  const { namespace, query = {}, count, documents, ...others } = entry;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw wrong(`${unknown} is not known; there are namespace, query, count and documents.`);
  if (typeof namespace !== 'string' || parseNamespace(namespace) === null) throw wrong('namespace must be db.collection.');
  if (!isObject(query)) throw wrong('query must be an object.');
  if ((count === undefined) === (documents === undefined)) throw wrong('give either count or documents.');
  if (count !== undefined) {
    if (!Number.isSafeInteger(count) || (count as number) < 0) throw wrong('count must be a whole number.');
    return { namespace, query, expected: { kind: 'count', count: count as number } };
  }
  if (!Array.isArray(documents) || documents.length > mostDocuments || !documents.every(isObject))
    throw wrong(`documents must be a list of at most ${mostDocuments} objects.`);
  return { namespace, query, expected: { kind: 'documents', documents } };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
