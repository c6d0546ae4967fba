import { LarderError } from './errors.ts';

/** What an id belongs to, told by its last four characters; projects and users have none. */
export type IdKind = 'instance' | 'backup' | 'node' | 'configuration';

const suffixes = { instance: 'in02', backup: 'br02', node: 'no02', configuration: 'pr02' } as const satisfies Record<
  IdKind,
  string
>;

const hexPattern = /^[0-9a-f]{32}$/;

/** Older forms that clients still hold: `in01`, a UUID, 32 to 36 hex digits. They exist nowhere here but are well formed. */
const instanceIdPattern = /^(?:[0-9a-f]{32}in\d\d|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32,36})$/i;

/** The id of the given kind made of 32 lower-case hex digits. Throws `internal` for anything else. */
export function idFrom(kind: IdKind, hex: string): string {
  if (!hexPattern.test(hex)) throw new LarderError('internal', `an id of kind ${kind} is made of 32 hex digits`);
  return hex + suffixes[kind];
}

/** Returns the id, or throws `invalid-instance-id` where it cannot be the id of any instance. */
export function checkInstanceId(id: unknown): string {
  if (typeof id !== 'string' || !instanceIdPattern.test(id)) {
    throw new LarderError('invalid-instance-id', 'The instance id must be 32 hex digits followed by in02.');
  }
  return id;
}
