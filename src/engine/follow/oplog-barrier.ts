import { isLarderError } from '../../core/errors.ts';
import { findElement } from '../../lib/raw-bson.ts';
import { elements } from '../../mongo/ordered-document.ts';
import { readReplayEntry } from '../../mongo/replay-entry.ts';
import { refuseUnknownChange } from '../replay/collection-changes.ts';

/** Of a write of one document nothing has to be known but that it is one. */
const writes = new Set(['i', 'u', 'd', 'n']);
const versionNs = 'admin.system.version';

/**
 * Why nothing can be replayed across the raw entry at `start`, for people and without values that it holds; null where nothing speaks
 * against it. A command is read as the replay reads it, so that no moment is offered that a restore would refuse (pitfalls E20).
 */
export function barrierOf(buffer: Buffer, start: number): string | null {
  const op = textOf(buffer, start, 'op');
  const maySetVersion = op === 'u' && textOf(buffer, start, 'ns') === versionNs;
  if (writes.has(op) && !maySetVersion) return null;
  try {
    const { meaning } = readReplayEntry(buffer, start);
    if ('items' in meaning) for (const item of meaning.items) if ('command' in item) refuseUnknownChange(item.command);
    return null;
  } catch (error) {
    if (!isLarderError(error, 'not-replayable')) throw error;
    if (maySetVersion) return 'a change of the feature compatibility version';
    return op === 'c' ? `the command ${commandAt(buffer, start)}` : `an entry of the kind ${op}`;
  }
}

/** Its name; of a change of a collection also what it changes. */
function commandAt(buffer: Buffer, start: number): string {
  const body = findElement(buffer, start, 'o');
  const [first, ...others] = body === null || body.type !== 0x03 ? [] : elements(buffer, body.value);
  if (first === undefined) return 'without a name';
  return first.name === 'collMod' ? `collMod of ${others.map(({ name }) => name).join(', ')}` : first.name;
}

function textOf(buffer: Buffer, start: number, name: string): string {
  const field = findElement(buffer, start, name);
  return field === null || field.type !== 0x02 ? '' : buffer.toString('utf8', field.value + 4, field.end - 1);
}
