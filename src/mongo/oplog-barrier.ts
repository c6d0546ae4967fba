import { findElement } from '../lib/raw-bson.ts';
import { elements } from './ordered-document.ts';

/** Commands after which the oplog does not tell any more what an image would have to become (pitfalls E20). */
const barrierCommands = new Set(['importCollection', 'truncateRange', 'upgradeDowngradeViewlessTimeseries']);
const knownOperations = new Set(['i', 'u', 'd', 'c', 'n']);

/** Why nothing can be replayed across the raw entry at `start`, for people; null where nothing speaks against it. */
export function barrierOf(buffer: Buffer, start: number): string | null {
  const op = textOf(buffer, start, 'op');
  if (op === 'i' || op === 'd' || op === 'n') return null;
  if (!knownOperations.has(op)) return `an entry of the kind ${op}`;
  if (op === 'u') {
    if (textOf(buffer, start, 'ns') !== 'admin.system.version') return null;
    const of = findElement(buffer, start, 'o2');
    const isVersion = of !== null && of.type === 0x03 && textOf(buffer, of.value, '_id') === 'featureCompatibilityVersion';
    return isVersion ? 'a change of the feature compatibility version' : null;
  }
  const command = findElement(buffer, start, 'o');
  const [first] = command === null || command.type !== 0x03 ? [] : elements(buffer, command.value);
  return first !== undefined && barrierCommands.has(first.name) ? `the command ${first.name}` : null;
}

/** True of an entry by which an idle primary says, every ten seconds, that it is there. */
export function isPeriodicNote(buffer: Buffer, start: number): boolean {
  if (textOf(buffer, start, 'op') !== 'n') return false;
  const note = findElement(buffer, start, 'o');
  return note !== null && note.type === 0x03 && textOf(buffer, note.value, 'msg') === 'periodic noop';
}

function textOf(buffer: Buffer, start: number, name: string): string {
  const field = findElement(buffer, start, name);
  return field === null || field.type !== 0x02 ? '' : buffer.toString('utf8', field.value + 4, field.end - 1);
}
