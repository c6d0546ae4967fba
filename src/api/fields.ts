import { Type } from 'typebox';
import { documentedErrors, transportErrors } from './errors.ts';

/** Field schemas that several operations share. A field's `description` completes the sentence "x must be ...". */

/** Ids are opaque to clients and to us; only what cannot be one is refused. */
export const idPattern = '^[0-9A-Za-z_-]{1,64}$';
/** No NUL and no half of a surrogate pair: neither can be stored as text. */
const textPattern = '^[^\\u0000\\ud800-\\udfff]{0,256}$';

export const instanceId = Type.String({
  pattern: idPattern,
  description: 'the id of an instance: 1 to 64 letters, digits, hyphens or underscores',
  'x-error': 'invalid-instance-id',
});

export const backupId = Type.String({
  pattern: idPattern,
  description: 'the id of a backup: 1 to 64 letters, digits, hyphens or underscores',
  'x-error': 'backup-not-found',
});

export const jobId = Type.String({
  pattern: idPattern,
  description: 'the id of a job: 1 to 64 letters, digits, hyphens or underscores',
  'x-error': 'job-not-found',
});

export const configurationId = Type.String({
  pattern: idPattern,
  description: 'the id of a parameter template: 1 to 64 letters, digits, hyphens or underscores',
  'x-error': 'configuration-not-found',
});

export const backupName = Type.String({
  pattern: '^[A-Za-z][A-Za-z0-9_-]{3,63}$',
  description: '4 to 64 characters: a letter first, then letters, digits, hyphens or underscores; unique in the project',
  'x-error': 'invalid-backup-name',
});

/** Absent, null and the empty text are the same: no description. */
export const backupDescription = Type.Unsafe<string | null>({
  type: ['string', 'null'],
  pattern: '^[^>!<"&\'=\\r\\u0000\\ud800-\\udfff]{0,256}$',
  description: 'at most 256 characters and none of > ! < " & \' = nor a carriage return',
  'x-error': 'invalid-backup-description',
});

export const instanceName = Type.String({
  pattern: '^[A-Za-z][A-Za-z0-9_-]{3,63}$',
  description: '4 to 64 characters: a letter first, then letters, digits, hyphens or underscores',
  'x-error': 'invalid-instance-name',
});

export const mode = Type.Unsafe<'Sharding' | 'ReplicaSet' | 'Single'>({
  type: 'string',
  enum: ['Sharding', 'ReplicaSet', 'Single'],
  description: 'Sharding, ReplicaSet or Single',
  'x-error': 'invalid-mode',
});

/** One of some texts. */
export function oneOf<const T extends string>(values: readonly T[]) {
  return Type.Unsafe<T>({ type: 'string', enum: values, description: `one of ${values.join(', ')}` });
}

export const text = Type.String({ pattern: textPattern, description: 'text of at most 256 characters' });

export const rate = Type.Number({
  minimum: 0.1,
  maximum: 100_000,
  description: 'a number of megabytes (of 1,000,000 bytes) a second, from 0.1 to 100000',
});

export const offset = Type.Integer({
  minimum: 0,
  maximum: 2_147_483_647,
  description: 'a number of rows to skip, 0 or more',
  'x-error': 'invalid-offset',
});

export const limit = Type.Integer({
  minimum: 1,
  maximum: 100,
  description: 'a number of rows from 1 to 100',
  'x-error': 'invalid-limit',
});

export const defaultOffset = 0;
export const defaultLimit = 100;

/** Query fields of every list that is cut by offset and limit. */
export const pageFields = { offset: Type.Optional(offset), limit: Type.Optional(limit) };

/** The rows that a query asks for. */
export function pageOf(query: { readonly offset?: number; readonly limit?: number }): {
  readonly offset: number;
  readonly limit: number;
} {
  return { offset: query.offset ?? defaultOffset, limit: query.limit ?? defaultLimit };
}

export const projectParams = Type.Object({ project_id: Type.String({ description: 'the id of a project: 32 hex digits' }) });

/** No other than these are answered. */
const errorCodes = [...Object.values(documentedErrors), ...Object.values(transportErrors)].map(({ code }) => code);

/** Every refusal of DDS and of Larder's own calls. */
const ddsError = Type.Object({
  error_code: oneOf([...new Set<string>(errorCodes)].toSorted()),
  error_msg: Type.String(),
  request_id: Type.Optional(Type.String()),
});

const identityError = Type.Object({ error: Type.Object({ code: Type.Integer(), message: Type.String(), title: Type.String() }) });

export const ddsErrors = { '4xx': ddsError, '5xx': ddsError } as const;
/** Of a call that never succeeds. */
export const refusedAlways = { 400: ddsError, ...ddsErrors } as const;
export const identityErrors = { '4xx': identityError, '5xx': identityError } as const;
