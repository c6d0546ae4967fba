import { EJSON } from 'bson';
import { LarderError } from '../core/errors.ts';
import type { ClusterTime, OpTime } from '../core/image.ts';
import { documentLength, findElement } from '../lib/raw-bson.ts';
import { readClusterTime } from './cluster-time.ts';
import { decodeOrdered, elements } from './ordered-document.ts';
import { fieldOffsets, hasFlag, isTransaction, placeOf, previousOf, textOf, uuidAt } from './oplog-fields.ts';
import type { Fields } from './oplog-fields.ts';
import { idKeyOf } from './raw-id.ts';
import type { IdKey } from './raw-id.ts';

/** One document written. What an entry keeps for repetitions (`lsid`, `txnNumber`, images of before and after) is not part of it (pitfalls E10). */
export interface OplogWrite {
  /** `update`: `body` says what changed; `replace`: it is the whole document, which was there before. */
  readonly op: 'insert' | 'update' | 'replace' | 'delete';
  /** Full namespace at that time. */
  readonly ns: string;
  /** Collection UUID, 32 hex digits. */
  readonly uuid: string;
  readonly id: IdKey;
  /** Raw, within the batch it was read from; of a deletion the document that holds the `_id`. */
  readonly body: Buffer;
}

/** A change of definitions. */
export interface OplogCommand {
  readonly name: string;
  readonly db: string;
  readonly uuid: string | null;
  /** `o` of the entry, raw, within the batch it was read from. */
  readonly body: Buffer;
}

export type OplogItem = { readonly write: OplogWrite } | { readonly command: OplogCommand };

/** What an oplog entry does, for somebody who does it again. */
export type ReplayMeaning =
  | { readonly kind: 'nothing' }
  /** Everything at once: one write or command, or the contents of an `applyOps`. `previous`: of a transaction, its entry before. */
  | { readonly kind: 'whole'; readonly items: readonly OplogItem[]; readonly previous: ClusterTime | null }
  /** Takes effect only with the entry that ends its transaction. */
  | { readonly kind: 'part'; readonly items: readonly OplogItem[]; readonly previous: ClusterTime | null }
  /** Ends a prepared transaction; its data is of the time `at`. */
  | { readonly kind: 'commit'; readonly previous: ClusterTime | null; readonly at: ClusterTime }
  | { readonly kind: 'abort'; readonly previous: ClusterTime | null };

/** The same for what was read from an oplog, with its place there. */
export interface ReplayEntry {
  readonly time: OpTime;
  readonly meaning: ReplayMeaning;
}

/** Commands that change nothing an image holds (pitfalls E19). */
const harmlessCommands = new Set(['dbCheck', 'migrateChunkToNewShard', 'setMultikeyMetadata', 'dropIdent']);
const definitionCommands = new Set([
  'create',
  'drop',
  'dropDatabase',
  'renameCollection',
  'collMod',
  'createIndexes',
  'startIndexBuild',
  'commitIndexBuild',
  'abortIndexBuild',
  'dropIndexes',
  'deleteIndexes',
]);
/** Longest part of an entry that a refusal shows. Characters. */
const shownLength = 600;

const nothing: ReplayMeaning = { kind: 'nothing' };

/**
 * Reads the entry at `start` for replaying it. Never guesses: `not-replayable` shows an entry that is not known, or that ends what can
 * be replayed, as a change of the feature compatibility version does (pitfalls E1-E10, E19, E20).
 */
export function readReplayEntry(buffer: Buffer, start: number): ReplayEntry {
  const fields = fieldOffsets(buffer, start);
  return { time: placeOf(buffer, fields), meaning: interpret(buffer, fields, start) };
}

function interpret(buffer: Buffer, fields: Fields, start: number): ReplayMeaning {
  const op = textOf(buffer, fields, 'op');
  if (op === 'n') return nothing;
  const ns = textOf(buffer, fields, 'ns');
  if (op !== 'c') {
    const write = readWrite(buffer, fields, op, ns, start);
    return write === null ? nothing : { kind: 'whole', items: [{ write }], previous: null };
  }
  const { o } = fields;
  if (o === 0) throw refusal(buffer, start, 'has no command');
  const [first] = elements(buffer, o);
  const name = first?.name ?? '';
  const previous = previousOf(buffer, fields);
  if (name === 'applyOps') {
    const items = readGroup(buffer, o, start);
    const isPart = hasFlag(buffer, o, 'partialTxn') || hasFlag(buffer, o, 'prepare');
    return { kind: isPart ? 'part' : 'whole', items, previous: isTransaction(buffer, fields) ? previous : null };
  }
  if (name === 'commitTransaction') {
    const at = findElement(buffer, o, 'commitTimestamp');
    if (at === null) throw refusal(buffer, start, 'commits a transaction and does not say as of when');
    return { kind: 'commit', previous, at: readClusterTime(buffer, at.value) };
  }
  if (name === 'abortTransaction') return { kind: 'abort', previous };
  const command = readCommand(buffer, fields, name, ns, start);
  return command === null ? nothing : { kind: 'whole', items: [{ command }], previous: null };
}

function readWrite(buffer: Buffer, fields: Fields, op: string, ns: string, start: number): OplogWrite | null {
  if (op !== 'i' && op !== 'u' && op !== 'd') throw refusal(buffer, start, `has the operation ${JSON.stringify(op)}`);
  if (isServersOwn(ns)) return null;
  const { ui, o } = fields;
  const holder = op === 'u' ? fields.o2 : o;
  const id = holder === 0 ? null : idKeyOf(buffer, holder);
  if (ui === 0 || o === 0 || id === null) throw refusal(buffer, start, 'does not say which document it writes');
  if (ns === 'admin.system.version' && id.includes('featureCompatibilityVersion'))
    throw refusal(buffer, start, 'changes the feature compatibility version');
  const body = documentAt(buffer, o);
  const uuid = uuidAt(buffer, ui);
  if (op === 'i') return { op: 'insert', ns, uuid, id, body };
  if (op === 'd') return { op: 'delete', ns, uuid, id, body };
  return { op: isWholeDocument(buffer, o) ? 'replace' : 'update', ns, uuid, id, body };
}

const documentAt = (buffer: Buffer, start: number): Buffer => buffer.subarray(start, start + documentLength(buffer, start));

/** What says how a document changed begins with `$v`, or (before 5.0) with a modifier; a whole document begins with its `_id`. */
function isWholeDocument(buffer: Buffer, start: number): boolean {
  const [first] = elements(buffer, start);
  return first === undefined || !first.name.startsWith('$');
}

function readGroup(buffer: Buffer, body: number, start: number): readonly OplogItem[] {
  const inner = findElement(buffer, body, 'applyOps');
  if (inner === null || inner.type !== 0x04) throw refusal(buffer, start, 'holds no operations');
  const items: OplogItem[] = [];
  for (const { value } of elements(buffer, inner.value)) {
    const meaning = interpret(buffer, fieldOffsets(buffer, value), start);
    if (meaning.kind === 'whole') items.push(...meaning.items);
    else if (meaning.kind !== 'nothing') throw refusal(buffer, start, 'holds a transaction within a transaction');
  }
  return items;
}

function readCommand(buffer: Buffer, fields: Fields, name: string, ns: string, start: number): OplogCommand | null {
  if (harmlessCommands.has(name) || isServersOwn(ns)) return null;
  if (!definitionCommands.has(name)) throw refusal(buffer, start, `has the command ${JSON.stringify(name)}`);
  const { o, ui } = fields;
  return {
    name,
    db: ns.slice(0, ns.indexOf('.') === -1 ? undefined : ns.indexOf('.')),
    uuid: ui === 0 ? null : uuidAt(buffer, ui),
    body: documentAt(buffer, o),
  };
}

/** `local` and `config` hold what each set keeps for itself. */
function isServersOwn(ns: string): boolean {
  return ns.startsWith('config.') || ns.startsWith('local.');
}

/** `not-replayable` with the entry, as far as it is short. */
export function refusal(buffer: Buffer, start: number, what: string): LarderError {
  const entry = decodeOrdered(buffer, start);
  entry.delete('lsid');
  const text = EJSON.stringify(Object.fromEntries(entry));
  const shown = text.length > shownLength ? `${text.slice(0, shownLength)}…` : text;
  return new LarderError('not-replayable', `An entry of the oplog ${what} and cannot be replayed: ${shown}`);
}
