import { findElement } from '../lib/raw-bson.ts';

/** True of an entry, raw at `start`, by which an idle primary says, every ten seconds, that it is there. */
export function isPeriodicNote(buffer: Buffer, start: number): boolean {
  const op = findElement(buffer, start, 'op');
  if (op === null || op.type !== 0x02 || buffer[op.value + 4] !== 0x6e) return false;
  const note = findElement(buffer, start, 'o');
  const message = note === null || note.type !== 0x03 ? null : findElement(buffer, note.value, 'msg');
  return message?.type === 0x02 && buffer.toString('utf8', message.value + 4, message.end - 1) === 'periodic noop';
}
