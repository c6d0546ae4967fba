import { toExtendedJson, valueJson } from '../../lib/extended-json.ts';
import { elements } from '../../mongo/ordered-document.ts';
import type { OplogWrite } from '../../mongo/replay-entry.ts';

/** Longest text of one value, and of one change. Characters. */
const valueLimit = 2_000;
const changeLimit = 16_000;

interface Part {
  readonly type: number;
  readonly value: number;
  readonly end: number;
}

/** What a write made of its document, in lines; null for a deletion, which says no more than that. */
export function readableChange({ op, body }: Pick<OplogWrite, 'op' | 'body'>): string | null {
  if (op === 'delete') return null;
  const lines = op === 'update' ? [...updateLines(body)] : [toExtendedJson(body, 0, 'relaxed')];
  return shortened(lines.join('\n'), changeLimit);
}

/** `$v: 2` says the difference, `$v: 1` (up to 4.4) which fields were set and unset. */
function* updateLines(body: Buffer): Generator<string> {
  for (const part of elements(body, 0)) {
    if (part.name === '$v') continue;
    if (part.name === 'diff') yield* diffLines(body, part.value, '');
    else if (part.name === '$set') for (const field of elements(body, part.value)) yield setLine(body, field.name, field);
    else if (part.name === '$unset') for (const field of elements(body, part.value)) yield `unset ${field.name}`;
    else yield setLine(body, part.name, part);
  }
}

function* diffLines(raw: Buffer, start: number, path: string): Generator<string> {
  const parts = [...elements(raw, start)];
  const isArray = parts[0]?.name === 'a';
  const inner = (name: string): string => (isArray ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`);
  for (const part of parts) {
    const { name } = part;
    if (isArray && name === 'a') continue;
    if (isArray && name === 'l') yield `cut ${path} to ${valueJson(raw, part, 'relaxed')} elements`;
    else if (!isArray && (name === 'u' || name === 'i'))
      for (const field of elements(raw, part.value)) yield setLine(raw, inner(field.name), field);
    else if (!isArray && name === 'd') for (const field of elements(raw, part.value)) yield `unset ${inner(field.name)}`;
    else if (name.startsWith('s')) yield* diffLines(raw, part.value, inner(name.slice(1)));
    else if (isArray && name.startsWith('u')) yield setLine(raw, inner(name.slice(1)), part);
    // Bytes within a long binary value, as buckets of time series have them.
    else if (name === 'b') yield `change bytes of ${path}`;
  }
}

function setLine(raw: Buffer, path: string, part: Part): string {
  return `set ${path} = ${shortened(valueJson(raw, part, 'relaxed'), valueLimit)}`;
}

function shortened(text: string, limit: number): string {
  return text.length > limit ? `${text.slice(0, limit)}… (${text.length} characters)` : text;
}
