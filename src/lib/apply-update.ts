import { documentLength, skipValue } from './raw-bson.ts';

/** An element of a raw document; the name is in latin1, so that any bytes of it survive. */
interface Field {
  readonly buffer: Buffer;
  readonly type: number;
  readonly name: string;
  readonly start: number;
  readonly value: number;
  readonly end: number;
}

const objectType = 0x03;
const arrayType = 0x04;
const nullType = 0x0a;
const nothing = Buffer.alloc(0);

/** Inside this file: the update holds something that is not known here. */
class NotUnderstood extends Error {}

/**
 * The document after an update, given as `o` of its oplog entry: a whole document, a difference (`$v: 2`), or modifiers (`$v: 1`, up to
 * 4.4). As the server does it, byte for byte; like the server's, applying a row of updates to a document that already has had some of
 * them ends in the same document (pitfalls E2, E3). Null if the update is of a kind not known here: never a guess.
 */
export function applyUpdate(document: Buffer, update: Buffer): Buffer | null {
  const parts = new Map(fields(update, 0).map((field) => [field.name, field]));
  const [first] = parts.keys();
  try {
    if (parts.has('$v')) {
      const diff = parts.get('diff');
      if (diff !== undefined) return parts.size === 2 ? diffed(fields(document, 0), objectType, diff) : null;
    } else if (first === undefined || !first.startsWith('$')) return Buffer.from(update);
    return modified(document, parts);
  } catch (error) {
    if (error instanceof NotUnderstood) return null;
    throw error;
  }
}

/** The elements of the document at `start`, in order. Throws RangeError for malformed BSON. */
export function fields(buffer: Buffer, start: number): readonly Field[] {
  const found: Field[] = [];
  const last = start + documentLength(buffer, start) - 1;
  for (let at = start + 4; at < last;) {
    const nameEnd = buffer.indexOf(0, at + 1);
    const value = nameEnd + 1;
    const end = skipValue(buffer, buffer[at]!, value);
    found.push({ buffer, type: buffer[at]!, name: buffer.toString('latin1', at + 1, nameEnd), start: at, value, end });
    at = end;
  }
  return found;
}

const inside = ({ buffer, value }: Field): readonly Field[] => fields(buffer, value);
const valueOf = ({ buffer, value, end }: Field): Buffer => buffer.subarray(value, end);
const whole = ({ buffer, start, end }: Field): Buffer => buffer.subarray(start, end);

function element(type: number, name: string, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type]), Buffer.from(`${name}\0`, 'latin1'), value]);
}

function documentOf(elements: readonly Buffer[]): Buffer {
  const length = elements.reduce((sum, { length: bytes }) => sum + bytes, 5);
  const document = Buffer.alloc(length);
  document.writeInt32LE(length, 0);
  let at = 4;
  for (const each of elements) at += each.copy(document, at);
  return document;
}

/** The object or array after a difference that is meant for one of this type; null's bytes where it is another by now. */
function diffed(target: readonly Field[], type: number, diff: Field): Buffer {
  return type === objectType ? diffedObject(target, diff) : diffedArray(target, diff);
}

/** A value that a difference goes into. If it has another type by now, some later update sets it, and until then the server puts null. */
function diffedElement(name: string, target: Field | null, diff: Field): Buffer {
  const type = isArrayDiff(diff) ? arrayType : objectType;
  if (target === null || target.type !== type) return element(nullType, name, nothing);
  return element(type, name, diffed(inside(target), type, diff));
}

const isArrayDiff = (diff: Field): boolean => inside(diff)[0]?.name === 'a';

function diffedObject(target: readonly Field[], diff: Field): Buffer {
  const gone = new Set<string>();
  const set = new Map<string, Field>();
  const inserted = new Set<string>();
  const inner = new Map<string, Field>();
  for (const section of inside(diff)) {
    if (section.name === 'd') for (const { name } of inside(section)) gone.add(name);
    else if (section.name === 'u') for (const field of inside(section)) set.set(field.name, field);
    else if (section.name === 'i') {
      for (const field of inside(section)) {
        set.set(field.name, field);
        inserted.add(field.name);
      }
    } else if (section.name.startsWith('s')) inner.set(section.name.slice(1), section);
    else throw new NotUnderstood(section.name);
  }
  const elements: Buffer[] = [];
  // A name may occur more than once: each of its fields gets the value, as on members that apply the oplog. A primary sets the first one only.
  const placed = new Set<string>();
  for (const field of target) {
    const value = set.get(field.name);
    const difference = inner.get(field.name);
    if (gone.has(field.name) || inserted.has(field.name)) continue;
    if (value !== undefined) {
      elements.push(whole(value));
      placed.add(field.name);
    } else elements.push(difference === undefined ? whole(field) : diffedElement(field.name, field, difference));
  }
  // What was there before keeps its place, all else comes last.
  for (const [name, field] of set) if (!placed.has(name)) elements.push(whole(field));
  return documentOf(elements);
}

function diffedArray(target: readonly Field[], diff: Field): Buffer {
  const changes = new Map<number, Field>();
  let length = target.length;
  for (const field of inside(diff)) {
    if (field.name === 'a') continue;
    if (field.name === 'l') length = field.buffer.readInt32LE(field.value);
    else if (/^[us]\d+$/.test(field.name)) changes.set(Number(field.name.slice(1)), field);
    else throw new NotUnderstood(field.name);
  }
  length = Math.max(length, ...[...changes.keys()].map((index) => index + 1));
  return documentOf(
    Array.from({ length }, (_, index) => {
      const before = target[index] ?? null;
      const change = changes.get(index);
      const name = String(index);
      if (change === undefined)
        return before === null ? element(nullType, name, nothing) : element(before.type, name, valueOf(before));
      return change.name.startsWith('u') ? element(change.type, name, valueOf(change)) : diffedElement(name, before, change);
    }),
  );
}

function modified(document: Buffer, parts: ReadonlyMap<string, Field>): Buffer {
  let result = document;
  let added = 0;
  for (const part of parts.values()) {
    if (part.name === '$v') continue;
    if (part.name !== '$set' && part.name !== '$unset') throw new NotUnderstood(part.name);
    for (const field of inside(part)) {
      const path = field.name.split('.');
      const onMissing = (): void => {
        // In which order the server would add several is not written in the entry.
        if (++added > 1) throw new NotUnderstood(field.name);
      };
      result = modifiedAt(fields(result, 0), false, path, part.name === '$set' ? field : null, onMissing);
    }
  }
  return result;
}

/** With the value at the path set, or removed where that is null. A path that leads through a scalar changes nothing. */
function modifiedAt(
  target: readonly Field[],
  isArray: boolean,
  [name = '', ...rest]: readonly string[],
  value: Field | null,
  onMissing: () => void,
): Buffer {
  let found = false;
  const elements = target.flatMap((field) => {
    if (field.name !== name) return [whole(field)];
    found = true;
    if (rest.length > 0) {
      if (field.type !== objectType && field.type !== arrayType) return [whole(field)];
      const inner = modifiedAt(inside(field), field.type === arrayType, rest, value, onMissing);
      return [element(field.type, name, inner)];
    }
    if (value !== null) return [element(value.type, name, valueOf(value))];
    return isArray ? [element(nullType, name, nothing)] : [];
  });
  if (found || value === null) return documentOf(elements);
  if (isArray) throw new NotUnderstood(name);
  onMissing();
  const type = rest.length === 0 ? value.type : objectType;
  const created = rest.length === 0 ? valueOf(value) : modifiedAt([], false, rest, value, () => undefined);
  return documentOf([...elements, element(type, name, created)]);
}
