import type { ExitCode } from './exit-codes.ts';

/**
 * Why a command ends without success, as people and scripts see it. `code` is the API's own code where the API refused
 * (`DBS.201201`), else a kebab-case word like those of LarderError. Never holds a secret.
 */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly code: string;
  readonly exitCode: ExitCode;

  constructor(code: string, exitCode: ExitCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.exitCode = exitCode;
  }
}
