import { CommandError } from './command-error.ts';
import { exitCodes } from './exit-codes.ts';

/** Options or arguments that mean nothing, or not together; known before anybody is asked. */
export function usageError(message: string, options: { readonly cause?: unknown } = {}): CommandError {
  return new CommandError('usage', exitCodes.usage, message, options);
}
