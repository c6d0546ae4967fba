import type { CommandIo } from '../command-io.ts';
import type { WireProgress } from '../wire.ts';
import { createJsonRenderer } from './json.ts';
import { createPlainRenderer } from './plain.ts';
import { createTtyRenderer } from './tty.ts';

/** What only jobs of the server know of themselves. */
type OfJobs = 'share' | 'lag_seconds' | 'oplog_window_seconds';

/** Progress of a job, or of anything that counts other things than documents. */
export interface ShownProgress extends Omit<WireProgress, OfJobs>, Partial<Pick<WireProgress, OfJobs>> {
  /** What is counted, `documents` unless given. */
  readonly items?: string;
}

/** One way of showing what a command does. Results go to stdout, all else to stderr, so that a pipe gets only results. */
export interface Renderer {
  /** The one result of the command: the document for scripts, the text for people. */
  result(document: unknown, text: string): void;
  /** A line for people on the way. Not shown to scripts. */
  note(text: string): void;
  /** How far something is; called as often as it is asked for. */
  progress(progress: ShownProgress): void;
  /** No more progress of this job: leaves the cursor at the start of a line. */
  progressEnd(): void;
  /** Why the command ends without success. */
  error(code: string, message: string): void;
}

/** JSON where asked for, a bar where a person looks at a terminal, else plain lines. */
export function createRenderer(io: Pick<CommandIo, 'stdout' | 'stderr' | 'env' | 'clock'>, json: boolean): Renderer {
  if (json) return createJsonRenderer(io);
  return io.stderr.isTTY === true && io.env['TERM'] !== 'dumb' ? createTtyRenderer(io) : createPlainRenderer(io);
}
