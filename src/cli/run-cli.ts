import { CommanderError } from 'commander';
import { isLarderError } from '../core/errors.ts';
import { CommandError } from './command-error.ts';
import type { CommandIo } from './command-io.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import { createProgram } from './program.ts';
import { createRenderer } from './render/renderer.ts';

/**
 * Runs one command line (`args` without node and the script) and returns the exit code; never throws. What went wrong is
 * on stderr, as JSON where `--json` was among the arguments, even if they could not be understood.
 */
export async function runCli(args: readonly string[], io: CommandIo): Promise<number> {
  try {
    await createProgram(io).parseAsync([...args], { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.ok;
    const { code, message, exitCode } = describeFailure(error, io.signal);
    createRenderer(io, args.includes('--json')).error(code, message);
    return exitCode;
  }
}

function describeFailure(error: unknown, signal: AbortSignal): { code: string; message: string; exitCode: number } {
  if (error instanceof CommanderError) return { code: 'usage', message: usageMessage(error), exitCode: exitCodes.usage };
  if (error instanceof CommandError || isLarderError(error)) {
    return { code: error.code, message: error.message, exitCode: exitCodeOf(error) };
  }
  if (signal.aborted) return { code: 'cancelled', message: 'Interrupted.', exitCode: exitCodes.interrupted };
  return {
    code: 'internal',
    message: `Unexpected: ${error instanceof Error ? error.message : String(error)}`,
    exitCode: exitCodes.failed,
  };
}

function usageMessage(error: CommanderError): string {
  if (error.code === 'commander.help') return 'A command is missing; see above.';
  return `${error.message.replace(/^error: /, '')} (--help shows what is possible)`;
}
