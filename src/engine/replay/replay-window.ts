import type { MongoClient } from 'mongodb';
import { LarderError } from '../../core/errors.ts';
import { concurrently } from '../../lib/concurrently.ts';
import { batchOfDocuments } from '../../lib/raw-bson.ts';
import type { OplogWrite } from '../../mongo/replay-entry.ts';
import { cutStatements, deleteStatement, replaceStatement, runStatements, updateStatement } from '../../mongo/raw-change.ts';
import type { ChangeAnswer, Statements } from '../../mongo/raw-change.ts';
import type { IdKey } from '../../mongo/raw-id.ts';
import type { RawInserter } from '../../mongo/raw-insert.ts';
import { foldWrite } from './fold-writes.ts';
import type { FoldedWrites } from './fold-writes.ts';

/** Commands under way at the same time. */
const commandsAtOnce = 4;
/** Bytes of documents in one insert. */
const insertBytes = 8 * 1024 * 1024;
/** What a waiting document costs besides its bytes: about so much. */
const bytesPerDocument = 200;

/** A collection that is written to, where it is in the target. */
export interface ReplayedCollection {
  readonly db: string;
  readonly name: string;
  /** Namespace under which people know it. */
  readonly shown: string;
  /** Its documents have an order, or no index on `_id`: every write is done in turn. */
  readonly inOrder: boolean;
}

/** What a window is applied with. */
export interface WindowTools {
  readonly client: MongoClient;
  /** One for each database. */
  readonly inserter: (db: string) => RawInserter;
  /** Told of the election term in which something was written. */
  readonly onTerm: (term: string) => void;
  readonly signal: AbortSignal;
}

interface Waiting {
  readonly collection: ReplayedCollection;
  readonly folded: Map<IdKey, FoldedWrites>;
  readonly ordered: OplogWrite[];
}

/**
 * Consecutive writes of an oplog that wait to be done together. Nothing else is at work on the collections and no unique index is on
 * them, so that only the order of writes to the same document counts: removals first, then whole documents, then changes, each in as
 * few commands as hold them and several at once.
 */
export class ReplayWindow {
  /** Bytes that wait, roughly. */
  bytes = 0;
  /** Writes that were added, and their bytes before any folding. */
  writes = 0;
  bytesTaken = 0;
  /** False once a write is in it that may have been done before. */
  exact = true;
  readonly #waiting = new Map<string, Waiting>();

  /** Adds a write to the collection that has this UUID; with `exact` it must find what it says (see `foldWrite`). */
  add(write: OplogWrite, collection: ReplayedCollection, exact: boolean): void {
    this.exact &&= exact;
    this.writes++;
    this.bytesTaken += write.body.length;
    let waiting = this.#waiting.get(write.uuid);
    if (waiting === undefined) this.#waiting.set(write.uuid, (waiting = { collection, folded: new Map(), ordered: [] }));
    if (collection.inOrder) {
      waiting.ordered.push({ ...write, body: Buffer.from(write.body) });
      this.bytes += write.body.length + bytesPerDocument;
    } else this.bytes += foldWrite(waiting.folded, write, exact) + bytesPerDocument;
  }

  /** Does it all. Driver errors pass through; `image-mismatch` if a document is not there that must be. */
  async apply(tools: WindowTools): Promise<void> {
    const folded = [...this.#waiting.values()].filter(({ collection }) => !collection.inOrder);
    const ordered = [...this.#waiting.values()].filter(({ collection }) => collection.inOrder);
    const inOrder = concurrently(ordered, commandsAtOnce, (waiting) => applyInOrder(waiting, tools));
    // It is awaited below; until then a failure must not count as unhandled.
    inOrder.catch(() => undefined);
    try {
      await this.#run(folded, removals, tools);
      await this.#run(folded, insertions, tools);
      await this.#run(folded, changes, tools);
    } finally {
      await inOrder;
    }
  }

  async #run(waiting: readonly Waiting[], step: Step, tools: WindowTools): Promise<void> {
    const work = waiting.flatMap((one) => [...step(one)].map((piece) => ({ ...piece, collection: one.collection })));
    await concurrently(work, commandsAtOnce, async ({ chain = [], documents, collection }) => {
      const { db, name } = collection;
      if (documents !== undefined) await tools.inserter(db).insert(name, batchOfDocuments(documents), { ordered: false });
      for (const statements of chain) {
        const answer = await run(statements, db, tools);
        if (this.exact && answer.found !== statements.raw.length) throw missing(collection, statements.raw.length - answer.found);
      }
    });
  }
}

type Step = (waiting: Waiting) => Iterable<{ readonly chain?: readonly Statements[]; readonly documents?: readonly Buffer[] }>;

function* removals({ collection, folded }: Waiting): ReturnType<Step> & Generator {
  const raw = [...folded].filter(([, { remove }]) => remove).map(([id]) => [deleteStatement(id)]);
  for (const chain of cutStatements('delete', collection.name, raw)) yield { chain };
}

function* insertions({ folded }: Waiting): ReturnType<Step> & Generator {
  let documents: Buffer[] = [];
  let bytes = 0;
  for (const { document } of folded.values()) {
    if (document === null) continue;
    documents.push(document);
    bytes += document.length;
    if (bytes < insertBytes && documents.length < 10_000) continue;
    yield { documents };
    documents = [];
    bytes = 0;
  }
  if (documents.length > 0) yield { documents };
}

function* changes({ collection, folded }: Waiting): ReturnType<Step> & Generator {
  const raw = [...folded].map(([id, { updates }]) => updates.map((update) => updateStatement(id, update)));
  for (const chain of cutStatements('update', collection.name, raw)) yield { chain };
}

/** Each write in its turn; neighbours of one kind together. */
async function applyInOrder({ collection, ordered }: Waiting, tools: WindowTools): Promise<void> {
  const { db, name } = collection;
  const kindOf = ({ op }: OplogWrite): 'insert' | 'update' | 'delete' => (op === 'replace' ? 'update' : op);
  for (let from = 0; from < ordered.length;) {
    const kind = kindOf(ordered[from]!);
    let to = from + 1;
    while (to < ordered.length && kindOf(ordered[to]!) === kind) to++;
    const writes = ordered.slice(from, to);
    from = to;
    if (kind === 'insert') {
      await tools.inserter(db).insert(name, batchOfDocuments(writes.map(({ body }) => body)), { ordered: true });
      continue;
    }
    const raw = writes.map(({ op, id, body }) =>
      op === 'delete' ? deleteStatement(id) : op === 'replace' ? replaceStatement(id, body) : updateStatement(id, body),
    );
    // What such a collection loses by its size is gone already.
    for (const statements of [...cutStatements(kind, name, [raw])].flat()) await run(statements, db, tools);
  }
}

async function run(statements: Statements, db: string, { client, onTerm, signal }: WindowTools): Promise<ChangeAnswer> {
  const answer = await runStatements(client.db(db), statements, signal);
  if (answer.term !== null) onTerm(answer.term);
  return answer;
}

function missing({ shown }: ReplayedCollection, documents: number): LarderError {
  return new LarderError(
    'image-mismatch',
    `${documents} documents that the oplog changes or removes are not there in ${shown}: image and oplog do not belong together.`,
    { details: { namespace: shown } },
  );
}
