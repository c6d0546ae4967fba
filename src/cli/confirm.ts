import { CommandError } from './command-error.ts';
import type { CommandIo } from './command-io.ts';
import { exitCodes } from './exit-codes.ts';

/**
 * Asks before data is replaced. Returns only after a clear yes. Throws CommandError `not-confirmed`: with exit code 2 where
 * nobody can be asked (no terminal: give --yes), else because the answer was no.
 */
export async function confirm(io: Pick<CommandIo, 'stdin' | 'stderr'>, question: string): Promise<void> {
  if (io.stdin.isTTY !== true) {
    throw new CommandError(
      'not-confirmed',
      exitCodes.usage,
      `${question} Nobody can be asked here: repeat the command with --yes.`,
    );
  }
  io.stderr.write(`${question} [y/N] `);
  const answer = (await readLine(io.stdin)).trim().toLowerCase();
  if (answer !== 'y' && answer !== 'yes') throw new CommandError('not-confirmed', exitCodes.failed, 'Nothing was changed.');
}

/** The first line of the input, without its end; all of it where no line ends. At most 64 KiB are read. */
export async function readLine(input: AsyncIterable<string | Uint8Array>): Promise<string> {
  let text = '';
  for await (const chunk of input) {
    text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
    if (text.includes('\n') || text.length > 65_536) break;
  }
  return text.split(/\r?\n/, 1)[0] ?? '';
}
