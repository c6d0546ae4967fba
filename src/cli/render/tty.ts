import type { CommandIo } from '../command-io.ts';
import { formatBytes } from './format-bytes.ts';
import { formatCount } from './format-count.ts';
import { formatDuration } from './format-duration.ts';
import { printable } from './printable.ts';
import type { Renderer, ShownProgress } from './renderer.ts';

const clearLine = '\r\u001b[2K';
const narrowest = 20;
const narrowestBar = 10;
const widestBar = 30;

/** For a terminal: one line that is drawn over and over, no wider than the terminal. */
export function createTtyRenderer({ stdout, stderr }: Pick<CommandIo, 'stdout' | 'stderr'>): Renderer {
  let drawn = '';
  const erase = (): void => {
    if (drawn !== '') stderr.write(clearLine);
    drawn = '';
  };
  return {
    result(_, text) {
      erase();
      if (text !== '') stdout.write(`${text}\n`);
    },
    note(text) {
      erase();
      stderr.write(`${text}\n`);
    },
    progress(progress) {
      const line = progressBarLine(progress, stderr.columns ?? 80);
      if (line === drawn) return;
      stderr.write(clearLine + line);
      drawn = line;
    },
    progressEnd: erase,
    error(_, message) {
      erase();
      stderr.write(`larder: ${printable(message)}\n`);
    },
  };
}

/**
 * The bar, the percentage, documents, bytes, rate and time left: as much of that as fits in `columns`, the last column left
 * free (some terminals wrap there). The share is the job's own word or, else, that of the bytes where their total is known, or of the
 * documents; where it is unknown there is neither bar nor percentage.
 */
export function progressBarLine(progress: ShownProgress, columns: number): string {
  const room = Math.max(narrowest, columns) - 1;
  const share = shareDone(progress);
  const { documents_done, documents_total, bytes_done, bytes_per_second, seconds_left } = progress;
  const documents =
    documents_total === null ? formatCount(documents_done) : `${formatCount(documents_done)}/${formatCount(documents_total)}`;
  const parts = {
    phase: printable(progress.phase),
    bar: share === null ? '' : bar(share, narrowestBar),
    percent: share === null ? '' : `${String(Math.floor(share * 100)).padStart(3)}%`,
    documents: `${documents} ${progress.items ?? 'docs'}`,
    bytes: bytes_done > 0 ? formatBytes(bytes_done) : '',
    rate: bytes_per_second > 0 ? `${formatBytes(bytes_per_second)}/s` : '',
    left: seconds_left === null ? '' : `${formatDuration(seconds_left)} left`,
  };
  for (const part of dropOrder) {
    if (compose(parts).length <= room) break;
    parts[part] = '';
  }
  if (share !== null && parts.bar !== '') {
    const free = room - compose(parts).length;
    parts.bar = bar(share, Math.min(widestBar, narrowestBar + Math.max(0, free)));
  }
  return compose(parts).slice(0, room);
}

/** What goes first where a line is too long. */
const dropOrder = ['rate', 'bytes', 'left', 'bar', 'documents'] as const;

function compose(parts: Readonly<Record<string, string>>): string {
  return Object.values(parts)
    .filter((part) => part !== '')
    .join('  ');
}

function bar(share: number, width: number): string {
  const full = Math.floor(share * width);
  return `[${'#'.repeat(full)}${'.'.repeat(width - full)}]`;
}

function shareDone(progress: ShownProgress): number | null {
  const { bytes_done, bytes_total, documents_done, documents_total } = progress;
  if (typeof progress.share === 'number') return Math.min(1, Math.max(0, progress.share));
  const [done, total] = bytes_total === null ? [documents_done, documents_total] : [bytes_done, bytes_total];
  if (total === null) return null;
  return total <= 0 ? 1 : Math.min(1, Math.max(0, done / total));
}
