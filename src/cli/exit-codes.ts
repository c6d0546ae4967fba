import { isLarderError, type ErrorKind } from '../core/errors.ts';
import { CommandError } from './command-error.ts';

/** What `larder` ends with; scripts rely on these numbers, so they never change meaning. Documented in docs/cli.md. */
export const exitCodes = {
  ok: 0,
  /** The operation ran and failed: a job ended Failed, damage was found, an unexpected error. */
  failed: 1,
  /** Wrong options, a value outside its rules, a wrong setting. */
  usage: 2,
  notFound: 3,
  /** A name is taken, something else runs, a target is not empty. */
  conflict: 4,
  /** The Larder server, the MongoDB instance or a store does not answer. */
  unreachable: 5,
  unauthorised: 6,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

const byKind = {
  invalid: exitCodes.usage,
  forbidden: exitCodes.unauthorised,
  'not-found': exitCodes.notFound,
  conflict: exitCodes.conflict,
  unavailable: exitCodes.unreachable,
  corrupt: exitCodes.failed,
  cancelled: exitCodes.interrupted,
  bug: exitCodes.failed,
} as const satisfies Record<ErrorKind, ExitCode>;

/** The exit code for whatever a command threw; an error nobody foresaw is 1. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommandError) return error.exitCode;
  if (isLarderError(error)) return byKind[error.kind];
  return exitCodes.failed;
}

/** How a refusal of the API ends a command. `code` is the `error_code` of its body; the status decides where the code says nothing. */
export function exitCodeOfAnswer(status: number, code: string): ExitCode {
  const known = byAnswerCode.get(code);
  if (known !== undefined) return known;
  if (status === 401 || status === 403) return exitCodes.unauthorised;
  if (status === 404) return exitCodes.notFound;
  if (status === 409) return exitCodes.conflict;
  if (status === 429 || status === 502 || status === 503 || status === 504) return exitCodes.unreachable;
  return status < 500 ? exitCodes.usage : exitCodes.failed;
}

/** Codes of the DDS API whose status alone would mislead: "not found" and "busy" often travel as 400 and 403. */
const byAnswerCode: ReadonlyMap<string, ExitCode> = new Map([
  ['DBS.200002', exitCodes.notFound],
  ['DBS.200057', exitCodes.notFound],
  ['DBS.200543', exitCodes.notFound],
  ['DBS.201028', exitCodes.notFound],
  ['DBS.201204', exitCodes.notFound],
  ['DBS.201214', exitCodes.notFound],
  ['DBS.201501', exitCodes.notFound],
  ['DBS.201502', exitCodes.notFound],
  ['DBS.280016', exitCodes.notFound],
  ['DBS.280110', exitCodes.notFound],
  ['DBS.200011', exitCodes.conflict],
  ['DBS.200019', exitCodes.conflict],
  ['DBS.200047', exitCodes.conflict],
  ['DBS.201000', exitCodes.conflict],
  ['DBS.201014', exitCodes.conflict],
  ['DBS.201015', exitCodes.conflict],
  ['DBS.201201', exitCodes.conflict],
  ['DBS.201202', exitCodes.conflict],
  ['DBS.201319', exitCodes.conflict],
  ['DBS.212030', exitCodes.conflict],
  ['DBS.212032', exitCodes.conflict],
  ['DBS.280124', exitCodes.conflict],
  // The instance is abnormal: its servers do not answer.
  ['DBS.200018', exitCodes.unreachable],
  ['DBS.201509', exitCodes.unreachable],
]);
