/**
 * What went wrong, as data. `kind` says whose fault it is and therefore what a caller may do about it; `code` says which
 * rule was broken and is the only thing that outer layers (HTTP, command line) translate.
 */
export type ErrorKind = 'invalid' | 'forbidden' | 'not-found' | 'conflict' | 'unavailable' | 'corrupt' | 'cancelled' | 'bug';

/** Every code Larder raises, with the kind it always has. The union of codes is closed: a mapping that forgets one does not compile. */
export const errorKinds = {
  'malformed-request': 'invalid',
  'invalid-backup-name': 'invalid',
  'invalid-backup-description': 'invalid',
  'invalid-instance-id': 'invalid',
  'invalid-instance-name': 'invalid',
  'invalid-connection-string': 'invalid',
  'invalid-project-id': 'invalid',
  'invalid-limit': 'invalid',
  'invalid-offset': 'invalid',
  'invalid-date': 'invalid',
  'invalid-mode': 'invalid',
  'invalid-keep-days': 'invalid',
  'invalid-backup-period': 'invalid',
  'invalid-backup-start': 'invalid',
  'invalid-backup-end': 'invalid',
  'invalid-setting': 'invalid',
  'invalid-selection': 'invalid',
  'invalid-assertion': 'invalid',
  'invalid-archive': 'invalid',
  'invalid-drill-schedule': 'invalid',
  'invalid-database-name': 'invalid',
  'invalid-name': 'invalid',
  'invalid-password': 'invalid',
  'invalid-permission-policy': 'invalid',
  'request-too-large': 'invalid',
  'operation-illegal': 'invalid',
  'unsupported-operation': 'invalid',
  'unknown-engine': 'invalid',
  unauthenticated: 'forbidden',
  'bad-signature': 'forbidden',
  'wrong-credentials': 'forbidden',
  forbidden: 'forbidden',
  'project-mismatch': 'forbidden',
  'permission-denied': 'forbidden',
  'instance-not-found': 'not-found',
  'backup-not-found': 'not-found',
  'job-not-found': 'not-found',
  'database-not-found': 'not-found',
  'project-not-found': 'not-found',
  'user-not-found': 'not-found',
  'access-key-not-found': 'not-found',
  'role-not-found': 'not-found',
  'token-not-found': 'not-found',
  'route-not-found': 'not-found',
  'object-not-found': 'not-found',
  'backup-name-taken': 'conflict',
  'instance-busy': 'conflict',
  'instance-not-ready': 'conflict',
  'backup-not-restorable': 'conflict',
  'backup-in-use': 'conflict',
  'oplog-gap': 'conflict',
  'target-not-empty': 'conflict',
  'time-not-restorable': 'conflict',
  'not-replayable': 'conflict',
  'collection-name-taken': 'conflict',
  'name-taken': 'conflict',
  'project-not-empty': 'conflict',
  'data-folder-locked': 'conflict',
  'repository-owned': 'conflict',
  'instance-unreachable': 'unavailable',
  'instance-unsupported': 'invalid',
  'store-unavailable': 'unavailable',
  'identity-unavailable': 'unavailable',
  'catalog-unavailable': 'unavailable',
  'rate-limited': 'unavailable',
  'still-reading': 'unavailable',
  'capture-failed': 'unavailable',
  'restore-failed': 'unavailable',
  'mongod-unavailable': 'unavailable',
  'object-corrupt': 'corrupt',
  'wrong-key': 'corrupt',
  'image-mismatch': 'corrupt',
  'drill-failed': 'corrupt',
  'invalid-region': 'invalid',
  'invalid-zone': 'invalid',
  'invalid-vpc': 'invalid',
  'invalid-subnet': 'invalid',
  'invalid-security-group': 'invalid',
  'invalid-disk-key': 'invalid',
  'invalid-enterprise-project': 'invalid',
  'no-datastore': 'invalid',
  'invalid-engine': 'invalid',
  'invalid-engine-version': 'invalid',
  'invalid-storage-engine': 'invalid',
  'invalid-port': 'invalid',
  'port-out-of-range': 'invalid',
  'port-unchanged': 'invalid',
  'invalid-db-password': 'invalid',
  'password-characters': 'invalid',
  'weak-password': 'invalid',
  'invalid-db-user': 'invalid',
  'db-user-not-found': 'not-found',
  'invalid-node-count': 'invalid',
  'invalid-node-type': 'invalid',
  'invalid-storage': 'invalid',
  'invalid-volume-size': 'invalid',
  'volume-out-of-range': 'invalid',
  'volume-not-multiple': 'invalid',
  'volume-too-small': 'invalid',
  'invalid-spec': 'invalid',
  'spec-mismatch': 'invalid',
  'spec-not-sources': 'invalid',
  'invalid-ssl-option': 'invalid',
  'invalid-tag-key': 'invalid',
  'invalid-tag-value': 'invalid',
  'too-many-tags': 'invalid',
  'unsupported-mode': 'invalid',
  'too-many-instances': 'conflict',
  'node-not-found': 'not-found',
  'port-taken': 'conflict',
  'backup-not-of-instance': 'not-found',
  'address-bound': 'conflict',
  'address-not-bound': 'conflict',
  'invalid-address': 'invalid',
  'invalid-ip': 'invalid',
  'invalid-session': 'invalid',
  'invalid-session-type': 'invalid',
  'invalid-cost-time': 'invalid',
  'invalid-log-start': 'invalid',
  'invalid-log-end': 'invalid',
  'invalid-log-type': 'invalid',
  'configuration-not-found': 'not-found',
  'invalid-configuration-name': 'invalid',
  'invalid-configuration-description': 'invalid',
  'configuration-name-taken': 'conflict',
  'configuration-in-use': 'conflict',
  'invalid-parameter': 'invalid',
  cancelled: 'cancelled',
  internal: 'bug',
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorKinds;

export interface ErrorOptions {
  readonly cause?: unknown;
  /** True where the very same call may succeed later without anyone changing anything. */
  readonly retryable?: boolean;
  /** Facts for the reader: object name and byte range of a corruption, the collection, the setting. Never a secret. */
  readonly details?: Readonly<Record<string, string | number | boolean>>;
}

/** The one error class of Larder; foreign errors are translated into it where they enter. */
export class LarderError extends Error {
  override readonly name = 'LarderError';
  readonly code: ErrorCode;
  readonly kind: ErrorKind;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, string | number | boolean>>;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.kind = errorKinds[code];
    this.retryable = options.retryable ?? false;
    this.details = options.details ?? {};
  }
}

/** True if `error` is a LarderError, of the given code where one is given. */
export function isLarderError(error: unknown, code?: ErrorCode): error is LarderError {
  return error instanceof LarderError && (code === undefined || error.code === code);
}
