import { compareClusterTime, type ClusterTime } from '../../core/image.ts';
import type { HistoryEvent, HistoryKind, HistoryQuery } from '../../core/history.ts';
import { pointBefore } from '../../core/oplog-archive.ts';
import { findElement } from '../../lib/raw-bson.ts';
import { isPassingName } from '../../mongo/collection-catalog.ts';
import type { OplogCommand, OplogItem, OplogWrite } from '../../mongo/replay-entry.ts';
import { idMatcher, type IdMatcher } from './id-matcher.ts';
import { MassWatch, type CountedChanges, type MassChange } from './mass-watch.ts';
import { readableChange } from './readable-change.ts';

/** Collections of a database that go within so many seconds before it go with it. */
const withDatabaseSeconds = 60;

/** What the items of an entry, or of a part of a transaction, come to; holds nothing of the batch it was read from. */
export interface Effects {
  readonly counts: readonly Omit<CountedChanges, 'inTransaction'>[];
  readonly documents: readonly { readonly kind: HistoryKind; readonly ns: string; readonly change: string | null }[];
  readonly commands: readonly OplogCommand[];
  /** Databases that were written to, as far as somebody asks. */
  readonly databases: readonly string[];
}

interface Dropped {
  readonly at: ClusterTime;
  readonly ns: string;
  readonly shown: boolean;
}

const documentKinds = {
  insert: 'document-inserted',
  update: 'document-updated',
  replace: 'document-replaced',
  delete: 'document-deleted',
} as const satisfies Record<OplogWrite['op'], HistoryKind>;

/** Turns what entries do into what people look for. Takes everything in the order of time; memory is bounded by what is open and found. */
export class HistoryEvents {
  /** UUIDs of the collections that are followed. */
  readonly followed: Set<string>;
  #found: HistoryEvent[] = [];
  readonly #query: Pick<HistoryQuery, 'ns' | 'mass'>;
  readonly #isRestorable: (point: ClusterTime) => boolean;
  readonly #matches: IdMatcher | null;
  readonly #mass: MassWatch;
  /** Collections dropped last, by database: it may be the database that goes. */
  readonly #drops = new Map<string, Dropped[]>();

  /** `malformed-request` for a document that cannot be one. */
  constructor(
    query: Pick<HistoryQuery, 'ns' | 'document' | 'mass'>,
    followed: Iterable<string>,
    isRestorable: (point: ClusterTime) => boolean,
  ) {
    this.#query = query;
    this.followed = new Set(followed);
    this.#isRestorable = isRestorable;
    this.#matches = query.document === null ? null : idMatcher(query.document);
    this.#mass = new MassWatch(query.mass);
  }

  get count(): number {
    return this.#found.length;
  }

  /** What may still become part of something, if more comes. */
  get earliestOpen(): ClusterTime | null {
    const points = [this.#mass.earliest, ...[...this.#drops.values()].map(([first]) => first!.at)].filter((at) => at !== null);
    return points.length === 0 ? null : points.reduce((a, b) => (compareClusterTime(a, b) <= 0 ? a : b));
  }

  /** How long after it began something is known for what it is, seconds. */
  get openSeconds(): number {
    return Math.max(this.#query.mass.seconds, withDatabaseSeconds);
  }

  effectsOf(items: readonly OplogItem[]): Effects {
    const counts = new Map<string, { uuid: string; ns: string; op: 'delete' | 'update'; count: number }>();
    const documents: { kind: HistoryKind; ns: string; change: string | null }[] = [];
    const commands: OplogCommand[] = [];
    const databases = new Set<string>();
    for (const item of items) {
      if ('command' in item) {
        commands.push({ ...item.command, body: Buffer.from(item.command.body) });
        continue;
      }
      const { write } = item;
      if (this.#drops.size > 0) databases.add(databaseOf(write.ns));
      if (!this.#follows(write.ns, write.uuid)) continue;
      if (this.#matches !== null) {
        if (this.#matches(write.id))
          documents.push({ kind: documentKinds[write.op], ns: write.ns, change: readableChange(write) });
      } else if (write.op !== 'insert') {
        const op = write.op === 'delete' ? 'delete' : 'update';
        const key = `${op} ${write.uuid}`;
        const known = counts.get(key);
        if (known === undefined) counts.set(key, { uuid: write.uuid, ns: write.ns, op, count: 1 });
        else known.count++;
      }
    }
    return { counts: [...counts.values()], documents, commands, databases: [...databases] };
  }

  /** Takes note that these took effect with the entry at `at`. */
  take(at: ClusterTime, { counts, documents, commands, databases }: Effects, inTransaction: boolean): void {
    for (const mass of this.#mass.advance(at)) this.#foundMass(mass);
    if (this.#drops.size > 0) this.#settleDrops(at, databases);
    for (const { kind, ns, change } of documents) this.#add(kind, at, { ns, change, inTransaction });
    for (const count of counts) this.#mass.add(at, { ...count, inTransaction });
    for (const command of commands) this.#command(at, command, inTransaction);
  }

  /** Nothing more comes that belongs to what is open. */
  close(): void {
    for (const mass of this.#mass.end()) this.#foundMass(mass);
    for (const db of [...this.#drops.keys()]) this.#tellDrops(db);
  }

  /** Everything found that began before the point (null: all), in order. */
  found(before: ClusterTime | null): readonly HistoryEvent[] {
    return this.#found
      .filter(({ at }) => before === null || compareClusterTime(at, before) < 0)
      .toSorted((a, b) => compareClusterTime(a.at, b.at));
  }

  #follows(ns: string, uuid: string | null): boolean {
    if (this.#query.ns === null) return true;
    if (uuid !== null && this.followed.has(uuid)) return true;
    if (ns !== this.#query.ns) return false;
    if (uuid !== null) this.followed.add(uuid);
    return true;
  }

  #command(at: ClusterTime, { name, db, uuid, body }: OplogCommand, inTransaction: boolean): void {
    if (name === 'dropDatabase') return this.#dropDatabase(at, db);
    if (name === 'drop') {
      const collection = textField(body, 'drop');
      if (isUnnamed(collection)) return;
      const ns = `${db}.${collection}`;
      const drops = this.#drops.get(db) ?? [];
      this.#drops.set(db, [...drops, { at: plain(at), ns, shown: this.#follows(ns, uuid) }]);
      return;
    }
    this.#tellDrops(db);
    if (name === 'renameCollection') this.#rename(at, { uuid, body }, inTransaction);
    // What is made under the name is followed from then on.
    else if (name === 'create') this.#follows(`${db}.${textField(body, 'create')}`, uuid);
  }

  #rename(at: ClusterTime, { uuid, body }: Pick<OplogCommand, 'uuid' | 'body'>, inTransaction: boolean): void {
    const from = textField(body, 'renameCollection');
    const to = textField(body, 'to');
    const passing = isUnnamed(from.slice(from.indexOf('.') + 1));
    const target = findElement(body, 0, 'dropTarget');
    const lost = target !== null && target.type === 0x05 ? body.toString('hex', target.value + 5, target.value + 21) : null;
    const replaces = lost !== null || (target !== null && target.type === 0x08 && body[target.value] === 1);
    // Both names and both collections: what was there, and what comes.
    const followed = [this.#follows(to, lost), this.#follows(from, uuid), this.#follows(to, uuid)].some(Boolean);
    if (!followed || isUnnamed(to.slice(to.indexOf('.') + 1))) return;
    if (replaces) this.#add('collection-replaced', at, { ns: to, otherNs: passing ? null : from, inTransaction });
    else if (!passing) this.#add('collection-renamed', at, { ns: from, otherNs: to, inTransaction });
  }

  #dropDatabase(at: ClusterTime, db: string): void {
    const drops = this.#drops.get(db) ?? [];
    this.#drops.delete(db);
    const { ns } = this.#query;
    if (ns !== null && databaseOf(ns) !== db && !drops.some(({ shown }) => shown)) return;
    this.#add('database-dropped', drops[0]?.at ?? at, { ns: db, until: plain(at), count: drops.length });
  }

  /** Drops that were not the beginning of the end of their database. */
  #settleDrops(now: ClusterTime, written: readonly string[]): void {
    for (const [db, drops] of this.#drops)
      if (written.includes(db) || drops.at(-1)!.at.t < now.t - withDatabaseSeconds) this.#tellDrops(db);
  }

  #tellDrops(db: string): void {
    for (const { at, ns, shown } of this.#drops.get(db) ?? []) if (shown) this.#add('collection-dropped', at, { ns });
    this.#drops.delete(db);
  }

  #foundMass({ op, ns, count, first, last, inTransaction }: MassChange): void {
    this.#add(op === 'delete' ? 'mass-delete' : 'mass-update', first, { ns, count, until: last, inTransaction });
  }

  #add(kind: HistoryKind, at: ClusterTime, more: Partial<HistoryEvent> & Pick<HistoryEvent, 'ns'>): void {
    const before = pointBefore(at);
    const restorable = this.#isRestorable(before);
    const usual = { until: null, otherNs: null, count: null, inTransaction: false, change: null };
    this.#found.push({ kind, at: plain(at), before, restorable, ...usual, ...more });
  }
}

function textField(body: Buffer, name: string): string {
  const field = findElement(body, 0, name);
  return field === null || field.type !== 0x02 ? '' : body.toString('utf8', field.value + 4, field.end - 1);
}

function databaseOf(ns: string): string {
  return ns.slice(0, ns.indexOf('.'));
}

function plain({ t, i }: ClusterTime): ClusterTime {
  return { t, i };
}

/** What a server has for itself, or not for long. */
function isUnnamed(name: string): boolean {
  return name.startsWith('system.') || isPassingName(name);
}
