import type { CommandIo } from '../command-io.ts';
import { formatBytes } from './format-bytes.ts';
import { formatCount } from './format-count.ts';
import { formatDuration } from './format-duration.ts';
import { printable } from './printable.ts';
import type { Renderer, ShownProgress } from './renderer.ts';

/** Milliseconds between two progress lines of one phase: a log stays readable, and one sees that it still runs. */
const lineInterval = 5_000;

/** Seconds. */
const lagWorthSaying = 10;

/** For logs and pipes: a line of progress at each new phase and then at most every five seconds. */
export function createPlainRenderer({ stdout, stderr, clock }: Pick<CommandIo, 'stdout' | 'stderr' | 'clock'>): Renderer {
  let phase: string | null = null;
  let lastLine = 0;
  return {
    result: (_, text) => void (text === '' ? undefined : stdout.write(`${text}\n`)),
    note: (text) => void stderr.write(`${text}\n`),
    progress(progress) {
      const now = clock.now().getTime();
      if (progress.phase === phase && now - lastLine < lineInterval) return;
      phase = progress.phase;
      lastLine = now;
      stderr.write(`${progressLine(progress)}\n`);
    },
    progressEnd() {
      phase = null;
    },
    error: (_, message) => void stderr.write(`larder: ${printable(message)}\n`),
  };
}

/** `scan: 83,812 of 135,233 documents, 21.4 MiB of 42.8 MiB, 12.0 MiB/s, 3.2 s left`; what is not known is left out. */
export function progressLine(progress: ShownProgress): string {
  const { documents_done, documents_total, bytes_done, bytes_total, bytes_per_second, seconds_left } = progress;
  const parts = [
    `${formatCount(documents_done)}${documents_total === null ? '' : ` of ${formatCount(documents_total)}`} ${progress.items ?? 'documents'}`,
    ...(bytes_done > 0 ? [`${formatBytes(bytes_done)}${bytes_total === null ? '' : ` of ${formatBytes(bytes_total)}`}`] : []),
    ...(bytes_per_second > 0 ? [`${formatBytes(bytes_per_second)}/s`] : []),
    ...(seconds_left === null ? [] : [`${formatDuration(seconds_left)} left`]),
    ...behind(progress),
  ];
  return `${printable(progress.phase)}: ${parts.join(', ')}`;
}

/** A collector that keeps up is not worth a word; one that does not is, together with how long the source waits for it. */
function behind({ lag_seconds: lag, oplog_window_seconds: window }: ShownProgress): readonly string[] {
  if (typeof lag !== 'number' || lag < lagWorthSaying) return [];
  const kept = typeof window === 'number' ? ` (the source keeps ${formatDuration(window)})` : '';
  return [`${formatDuration(lag)} of oplog behind${kept}`];
}
