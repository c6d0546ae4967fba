import { LarderError } from '../../core/errors.ts';
import type { ClusterTime, CollectionImage, Manifest } from '../../core/image.ts';
import { findElement } from '../../lib/raw-bson.ts';
import { isCaptured, isPassingName } from '../../mongo/collection-catalog.ts';
import { documentOf, fieldsOf, withoutFields } from '../../mongo/edit-document.ts';
import type { OplogCommand, OplogWrite } from '../../mongo/replay-entry.ts';
import { uuidAt } from '../../mongo/oplog-fields.ts';
import { changeCollection, indexName, unknownForm } from './collection-changes.ts';

/** A collection as far as it is known by the entries seen so far. */
export interface ModelCollection {
  readonly uuid: string;
  db: string;
  name: string;
  /** Kept by the server for a moment only; no part of an image (pitfalls S11). */
  temporary: boolean;
  /** Raw, as a server lists them. */
  options: Buffer;
  /** Raw specifications by name, `_id_` included where there is one. */
  readonly indexes: Map<string, Buffer>;
  /** True once an entry said something of its indexes. */
  indexesChanged: boolean;
  optionsChanged: boolean;
  /** Where its documents begin; null if it was made after the base. */
  readonly base: CollectionImage | null;
  /** Documents by which it grew since then. */
  delta: number;
  /** Entries that wrote to it, and their bytes. */
  writes: number;
  bytes: number;
}

/** Documents written to one collection, as far as anybody counts them. */
export interface WriteTally {
  /** Its namespace then. */
  readonly ns: string;
  /** Change of the number of documents. */
  readonly delta: number;
  readonly writes: number;
  readonly bytes: number;
}

/** A view, or what stands for a time-series collection: raw options, null for the latter. */
export interface ModelView {
  readonly db: string;
  readonly name: string;
  readonly options: Buffer | null;
}

/** What a `create` carries besides the options. */
const notOptions = new Set(['create', 'idIndex', 'temp', 'recordIdsReplicated', 'autoIndexId', 'uuid']);

/**
 * The definitions of everything, carried forward entry by entry from those of an image (design section 4, pitfalls E11-E18). What
 * entries write to is told by UUID only, so that names can change underneath.
 */
export class DefinitionsModel {
  readonly collections = new Map<string, ModelCollection>();
  readonly views = new Map<string, ModelView>();
  /** Collections of which the base knows nothing and that were not made since: where they were last seen. */
  readonly #foreign = new Map<string, string>();
  readonly #since: ClusterTime;

  constructor(base: Manifest) {
    this.#since = base.clusterTime;
    for (const image of base.collections) {
      const indexes = image.indexes.map((raw) => Buffer.from(raw, 'base64'));
      this.collections.set(image.uuid, {
        uuid: image.uuid,
        db: image.db,
        name: image.name,
        temporary: false,
        options: Buffer.from(image.options, 'base64'),
        indexes: new Map(indexes.map((index) => [indexName(index), index])),
        indexesChanged: false,
        optionsChanged: false,
        base: image,
        delta: 0,
        writes: 0,
        bytes: 0,
      });
    }
    for (const { db, name, type, options } of base.views) {
      this.views.set(`${db}.${name}`, { db, name, options: type === 'view' ? Buffer.from(options, 'base64') : null });
    }
  }

  /** Takes note of a document written. `not-replayable` for a definition of a view in a form that is not known. */
  write({ op, ns, uuid, body }: OplogWrite): void {
    const dot = ns.indexOf('.');
    if (ns.slice(dot + 1) === 'system.views') return this.#writeView(op, body);
    this.account(uuid, { ns, delta: op === 'insert' ? 1 : op === 'delete' ? -1 : 0, writes: 1, bytes: body.length });
  }

  /** Takes note of several documents written to one collection. */
  account(uuid: string, { ns, delta, writes, bytes }: WriteTally): void {
    const collection = this.collections.get(uuid);
    if (collection === undefined) {
      this.#foreign.set(uuid, ns);
      return;
    }
    collection.delta += delta;
    collection.writes += writes;
    collection.bytes += bytes;
  }

  /** Takes note of a change of definitions. `not-replayable` for one that is not known. */
  command(command: OplogCommand): void {
    const { name, db, uuid, body } = command;
    if (name === 'dropDatabase') {
      for (const collection of [...this.collections.values()]) if (collection.db === db) this.collections.delete(collection.uuid);
      this.#dropViews(db);
      return;
    }
    if (uuid === null) throw unknownForm(command, 'it does not say of which collection');
    if (name === 'create') return this.#create(db, uuid, body);
    if (name === 'drop') {
      if (stringField(body, 'drop') === 'system.views') this.#dropViews(db);
      this.collections.delete(uuid);
      this.#foreign.delete(uuid);
      return;
    }
    if (name === 'renameCollection') return this.#rename(uuid, body);
    const collection = this.collections.get(uuid);
    if (collection !== undefined) changeCollection(collection, command);
  }

  /**
   * `not-replayable`, with the detail `olderBase`, if a collection is there now that the base left out because it was on its way
   * to another name: an image of before it was begun holds all of it.
   */
  refuseForeign(): void {
    for (const ns of this.#foreign.values()) {
      const dot = ns.indexOf('.');
      if (isPassingName(ns.slice(dot + 1)) || !isCaptured(ns.slice(0, dot), ns.slice(dot + 1))) continue;
      throw new LarderError(
        'not-replayable',
        `The backup of ${this.#since.t}:${this.#since.i} does not hold ${ns}, which was being made at that moment.`,
        { details: { olderBase: true } },
      );
    }
  }

  #create(db: string, uuid: string, body: Buffer): void {
    if (this.collections.has(uuid)) return;
    const fields = fieldsOf(body);
    const name = stringField(body, 'create');
    const options = withoutFields(body, notOptions);
    const indexes = new Map<string, Buffer>();
    for (const field of fields) {
      if (field.type !== 0x03) continue;
      if (field.name === 'idIndex') indexes.set('_id_', Buffer.from(field.bytes));
      if (field.name === 'clusteredIndex') {
        const index = documentOf([
          ...fieldsOf(Buffer.from(field.bytes)),
          { name: 'clustered', type: 0x08, bytes: Uint8Array.of(1) },
        ]);
        indexes.set(indexName(index), index);
      }
    }
    this.collections.set(uuid, {
      uuid,
      db,
      name,
      temporary: isTrue(body, 'temp'),
      options,
      indexes,
      indexesChanged: true,
      optionsChanged: true,
      base: null,
      delta: 0,
      writes: 0,
      bytes: 0,
    });
  }

  #rename(uuid: string, body: Buffer): void {
    const to = stringField(body, 'to');
    const target = findElement(body, 0, 'dropTarget');
    if (target?.type === 0x05) {
      this.collections.delete(uuidAt(body, target.value));
      this.#foreign.delete(uuidAt(body, target.value));
    }
    const collection = this.collections.get(uuid);
    if (collection === undefined) {
      this.#foreign.set(uuid, to);
      return;
    }
    const dot = to.indexOf('.');
    collection.db = to.slice(0, dot);
    collection.name = to.slice(dot + 1);
    if (!isTrue(body, 'stayTemp')) collection.temporary = false;
  }

  #dropViews(db: string): void {
    for (const [key, view] of this.views) if (view.db === db) this.views.delete(key);
  }

  /** Views travel as documents of `system.views`, whole each time (pitfalls E17). */
  #writeView(op: OplogWrite['op'], body: Buffer): void {
    const ns = stringField(body, '_id');
    const dot = ns.indexOf('.');
    if (op === 'delete') {
      this.views.delete(ns);
      return;
    }
    const viewOn = findElement(body, 0, 'viewOn');
    if (op === 'update' || viewOn === null)
      throw new LarderError('not-replayable', 'An entry of the oplog changes a view in a way that is not known.');
    const [db, name] = [ns.slice(0, dot), ns.slice(dot + 1)];
    const isSeries = stringField(body, 'viewOn') === `system.buckets.${name}`;
    this.views.set(ns, { db, name, options: isSeries ? null : withoutFields(body, new Set(['_id'])) });
  }
}

/** The string of the field; empty where it has none. */
export function stringField(raw: Buffer, name: string): string {
  const element = findElement(raw, 0, name);
  return element === null || element.type !== 0x02 ? '' : raw.toString('utf8', element.value + 4, element.end - 1);
}

function isTrue(raw: Buffer, name: string): boolean {
  const element = findElement(raw, 0, name);
  return element !== null && element.type === 0x08 && raw[element.value] === 1;
}
