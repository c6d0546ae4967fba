import type { Db, Document } from 'mongodb';
import { DocumentSequence } from 'mongodb/lib/cmap/commands.js';
import { LarderError } from '../core/errors.ts';
import { documentOf, fieldsOf, rawDocument, rawInt } from './edit-document.ts';
import type { RawValue } from './edit-document.ts';
import type { IdKey } from './raw-id.ts';

/** Only here to fill the driver's list: what goes over the wire is the raw bytes. */
const placeholder = Object.freeze({});

/** Statements in one command, and their bytes: far below what a server takes (pitfalls R12), so that several can be under way. */
const mostStatements = 2000;
const mostBytes = 8 * 1024 * 1024;

/** What a command did. */
export interface ChangeAnswer {
  /** Statements that found their document. */
  readonly found: number;
  /** Election term it was done in; null where the server does not say. */
  readonly term: string | null;
}

/** Raw statements of one kind for one collection, not too many for one command. */
export interface Statements {
  readonly kind: 'update' | 'delete';
  readonly collection: string;
  readonly raw: readonly Buffer[];
}

/**
 * Cuts statements into commands. Those of a group, which is one document, are never at work at the same time: commands of different
 * chains may run beside each other, those of a chain one after the other. The order stays.
 */
export function* cutStatements(
  kind: Statements['kind'],
  collection: string,
  groups: Iterable<readonly Buffer[]>,
): Generator<readonly Statements[], void, undefined> {
  let together: Buffer[] = [];
  let bytes = 0;
  for (const group of groups) {
    const size = group.reduce((sum, { length }) => sum + length, 0);
    if (together.length > 0 && isTooMuch(together.length + group.length, bytes + size)) {
      yield [{ kind, collection, raw: together }];
      together = [];
      bytes = 0;
    }
    if (isTooMuch(group.length, size)) yield cutOne(group).map((raw) => ({ kind, collection, raw }));
    else {
      together.push(...group);
      bytes += size;
    }
  }
  if (together.length > 0) yield [{ kind, collection, raw: together }];
}

const isTooMuch = (statements: number, bytes: number): boolean => statements > mostStatements || bytes > mostBytes;

function cutOne(group: readonly Buffer[]): readonly (readonly Buffer[])[] {
  const parts: Buffer[][] = [];
  let bytes = 0;
  for (const statement of group) {
    const part = parts.at(-1);
    if (part === undefined || isTooMuch(part.length + 1, bytes + statement.length)) {
      parts.push([statement]);
      bytes = 0;
    } else part.push(statement);
    bytes += statement.length;
  }
  return parts;
}

/**
 * Runs the statements in order with one command; a validator does not count (pitfalls D6). `restore-failed` with the first refusal;
 * driver errors pass through.
 */
export async function runStatements(db: Db, { kind, collection, raw }: Statements, signal: AbortSignal): Promise<ChangeAnswer> {
  const statements = new DocumentSequence(kind === 'update' ? 'updates' : 'deletes');
  for (const statement of raw) statements.push(placeholder, statement);
  const command: Document =
    kind === 'update'
      ? { update: collection, updates: statements, ordered: true, bypassDocumentValidation: true, writeConcern: { w: 1 } }
      : { delete: collection, deletes: statements, ordered: true, writeConcern: { w: 1 } };
  const answer = await db.command(command, { signal });
  const refusal = (answer['writeErrors'] as Document[] | undefined)?.[0];
  if (refusal !== undefined) {
    throw new LarderError(
      'restore-failed',
      `The server refused to replay a write to ${db.databaseName}.${collection}: ${String(refusal['errmsg'])}`,
      { details: { serverCode: Number(refusal['code']) } },
    );
  }
  const term = answer['opTime']?.t;
  return { found: Number(answer['n']), term: term === undefined ? null : String(term) };
}

/** Deletes the document with this `_id`. */
export function deleteStatement(id: IdKey): Buffer {
  return documentOf([
    { name: 'q', ...rawDocument(selectorOf(id)) },
    { name: 'limit', ...rawInt(1) },
  ]);
}

/**
 * Changes the document with this `_id` as the entry of an oplog says, and nothing if there is none: `$v: 2` through the stage that
 * servers have for it (5.0 and later), what older ones wrote as the modifiers that it is made of (pitfalls E2, E3).
 */
export function updateStatement(id: IdKey, entry: Buffer): Buffer {
  const fields = fieldsOf(entry);
  const version = fields.find(({ name }) => name === '$v');
  const isDiff = version !== undefined && version.bytes[0] === 2;
  const update: RawValue = isDiff ? diffPipeline(entry) : rawDocument(documentOf(fields.filter(({ name }) => name !== '$v')));
  return documentOf([
    { name: 'q', ...rawDocument(selectorOf(id)) },
    { name: 'u', ...update },
  ]);
}

/** Puts a whole document in the place of the one with this `_id`. */
export function replaceStatement(id: IdKey, document: Buffer): Buffer {
  return documentOf([
    { name: 'q', ...rawDocument(selectorOf(id)) },
    { name: 'u', ...rawDocument(document) },
  ]);
}

function diffPipeline(entry: Buffer): RawValue {
  const stage = documentOf([
    { name: '$_internalApplyOplogUpdate', ...rawDocument(documentOf([{ name: 'oplogUpdate', ...rawDocument(entry) }])) },
  ]);
  return { type: 0x04, bytes: documentOf([{ name: '0', ...rawDocument(stage) }]) };
}

/** Finds one document by its `_id`; `null` and `undefined` are told apart, which equality would not. */
function selectorOf(id: IdKey): Buffer {
  const type = id.charCodeAt(0);
  const condition =
    type === 0x06 || type === 0x0a
      ? { name: '$type', ...rawInt(type) }
      : { name: '$eq', type, bytes: Buffer.from(id.slice(1), 'latin1') };
  return documentOf([{ name: '_id', ...rawDocument(documentOf([condition])) }]);
}
