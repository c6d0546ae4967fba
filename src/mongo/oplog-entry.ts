import { findElement } from '../lib/raw-bson.ts';
import type { ClusterTime, OpTime } from '../core/image.ts';
import { fieldOffsets, hasFlag, isOfSession, isTransaction, placeOf, previousOf, textOf, uuidAt } from './oplog-fields.ts';
import type { Fields } from './oplog-fields.ts';
import { elements } from './ordered-document.ts';
import { idKeyOf } from './raw-id.ts';
import type { IdKey } from './raw-id.ts';

/** One document that an entry touches. */
export interface Touch {
  readonly db: string;
  /** Collection UUID, 32 hex digits. */
  readonly uuid: string;
  readonly id: IdKey;
  /** What it does to the number of documents. */
  readonly delta: -1 | 0 | 1;
  readonly write: TouchWrite;
}

/** What an entry writes, where it lies in the batch it was read in: whoever keeps it copies it. */
export interface TouchWrite {
  readonly op: 'i' | 'u' | 'd';
  readonly buffer: Buffer;
  /** Offset of `o`: the inserted document, the update, or the `_id` that is deleted. */
  readonly body: number;
}

/** What an oplog entry means for somebody who collects touched documents. */
export type OplogMeaning =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'touch'; readonly touch: Touch }
  /** `applyOps`: several touches, nested ones included. */
  | {
      readonly kind: 'group';
      readonly touches: readonly Touch[];
      /** Commands inside it. */
      readonly commands: readonly OplogMeaning[];
      /** `part`: takes effect only with the entry that ends its transaction; `whole`: with this entry. */
      readonly effect: 'part' | 'whole';
      /** The entry of the same transaction before this one. */
      readonly previous: ClusterTime | null;
      /** True of transactions and retryable writes: the server put them together, not a client. */
      readonly bySession: boolean;
    }
  | { readonly kind: 'commit' | 'abort'; readonly previous: ClusterTime | null }
  | { readonly kind: 'created' | 'dropped'; readonly db: string; readonly uuid: string }
  /** The catalog of these databases changed: what belongs to the collection `uuid`, or where that is null anything. */
  | { readonly kind: 'catalog'; readonly databases: readonly string[]; readonly uuid: string | null }
  /** Not understood well enough: this collection, or where `uuid` is null the whole database, or where `db` is null everything, must be scanned. */
  | { readonly kind: 'unclear'; readonly db: string | null; readonly uuid: string | null; readonly what: string };

/** An entry's place in the oplog and its meaning. */
export interface OplogEntry {
  readonly time: OpTime;
  readonly meaning: OplogMeaning;
}

/** Commands that change the catalog and no document, or only documents of collections that are new afterwards. */
const catalogCommands = new Set([
  'drop',
  'dropDatabase',
  'collMod',
  'createIndexes',
  'startIndexBuild',
  'commitIndexBuild',
  'abortIndexBuild',
  'dropIndexes',
  'deleteIndexes',
  'convertToCapped',
]);
/** Commands that change nothing an image holds. */
const harmlessCommands = new Set(['dbCheck', 'migrateChunkToNewShard', 'setMultikeyMetadata', 'dropIdent']);

const nothing: OplogMeaning = { kind: 'nothing' };

/** Reads the entry at `start`. Never guesses: what it does not know becomes `unclear` (pitfalls E1-E20, design section 4). */
export function readOplogEntry(buffer: Buffer, start: number): OplogEntry {
  const fields = fieldOffsets(buffer, start);
  return { time: placeOf(buffer, fields), meaning: interpret(buffer, fields) };
}

function interpret(buffer: Buffer, fields: Fields): OplogMeaning {
  const op = textOf(buffer, fields, 'op');
  if (op === 'n') return nothing;
  const ns = textOf(buffer, fields, 'ns');
  const dot = ns.indexOf('.');
  const db = dot === -1 ? ns : ns.slice(0, dot);
  const collection = ns.slice(dot + 1);
  if (op === 'c') return interpretCommand(buffer, fields, db);
  if (op !== 'i' && op !== 'u' && op !== 'd') return { kind: 'unclear', db: null, uuid: null, what: `operation ${op}` };
  if (db === 'config' || db === 'local') return nothing;
  if (collection === 'system.views') return { kind: 'catalog', databases: [db], uuid: null };
  const { ui, o } = fields;
  const holder = op === 'u' ? fields.o2 : o;
  if (ui === 0 || holder === 0) return { kind: 'unclear', db, uuid: null, what: `${op} without collection UUID` };
  const uuid = uuidAt(buffer, ui);
  const id = idKeyOf(buffer, holder);
  if (id === null) return { kind: 'unclear', db, uuid, what: `${op} without _id` };
  const body = o === 0 ? holder : o;
  return { kind: 'touch', touch: { db, uuid, id, delta: op === 'i' ? 1 : op === 'd' ? -1 : 0, write: { op, buffer, body } } };
}

function interpretCommand(buffer: Buffer, fields: Fields, db: string): OplogMeaning {
  const { o, ui } = fields;
  if (o === 0) return { kind: 'unclear', db: null, uuid: null, what: 'command without body' };
  const [first] = elements(buffer, o);
  const name = first?.name ?? '';
  if (name === 'applyOps') return interpretGroup(buffer, fields, o);
  if (name === 'commitTransaction') return { kind: 'commit', previous: previousOf(buffer, fields) };
  if (name === 'abortTransaction') return { kind: 'abort', previous: previousOf(buffer, fields) };
  if (harmlessCommands.has(name)) return nothing;
  if (db === 'config' || db === 'local') return nothing;
  const uuid = ui === 0 ? null : uuidAt(buffer, ui);
  if (name === 'create') return uuid === null ? { kind: 'catalog', databases: [db], uuid } : { kind: 'created', db, uuid };
  if (name === 'drop' && uuid !== null) return { kind: 'dropped', db, uuid };
  if (name === 'renameCollection') {
    const to = findElement(buffer, o, 'to');
    const target = to === null ? '' : buffer.toString('utf8', to.value + 4, to.end - 1);
    return { kind: 'catalog', databases: [...new Set([db, target.slice(0, target.indexOf('.'))])], uuid };
  }
  if (catalogCommands.has(name)) return { kind: 'catalog', databases: [db], uuid };
  return { kind: 'unclear', db, uuid, what: `command ${name}` };
}

function interpretGroup(buffer: Buffer, fields: Fields, body: number): OplogMeaning {
  const touches: Touch[] = [];
  const commands: OplogMeaning[] = [];
  const inner = findElement(buffer, body, 'applyOps');
  if (inner === null || inner.type !== 0x04) return { kind: 'unclear', db: null, uuid: null, what: 'applyOps without an array' };
  for (const item of elements(buffer, inner.value)) {
    const meaning = interpret(buffer, fieldOffsets(buffer, item.value));
    if (meaning.kind === 'touch') touches.push(meaning.touch);
    else if (meaning.kind === 'group') {
      touches.push(...meaning.touches);
      commands.push(...meaning.commands);
    } else if (meaning.kind !== 'nothing') commands.push(meaning);
  }
  return {
    kind: 'group',
    touches,
    commands,
    effect: hasFlag(buffer, body, 'partialTxn') || hasFlag(buffer, body, 'prepare') ? 'part' : 'whole',
    previous: isTransaction(buffer, fields) ? previousOf(buffer, fields) : null,
    bySession: isOfSession(fields),
  };
}
