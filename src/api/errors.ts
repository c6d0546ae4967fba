import { STATUS_CODES } from 'node:http';
import { isLarderError, type ErrorCode } from '../core/errors.ts';

/** A refusal as the DDS API documents it. */
interface Documented {
  readonly status: number;
  readonly code: string;
  /** The documented text: clients and tests compare it, so an answer may add to it but always starts with it. */
  readonly text: string;
}

/** Refusals that HTTP itself causes, before any rule of the product is asked. */
export type TransportCode = 'method-not-allowed' | 'unsupported-media-type' | 'header-too-large' | 'request-timeout' | 'closing';

const parameter = 'Parameter error.';
const serverError = 'Server error. Try again later.';
const nodeState = "This instance's status or its node's status makes it not be allowed to do this operation now.";
const permission = 'You do not have permission to perform this operation. Contact the administrator to obtain permission.';
const gateway = 'Incorrect IAM authentication information:';

/** The only translation of Larder's codes into those of the DDS API. A code that is missing here does not compile. */
export const documentedErrors = {
  'malformed-request': { status: 400, code: 'DBS.280001', text: parameter },
  'invalid-backup-name': { status: 400, code: 'DBS.280277', text: 'Invalid backup name.' },
  'invalid-backup-description': { status: 400, code: 'DBS.280127', text: 'Invalid backup description.' },
  'invalid-instance-id': { status: 400, code: 'DBS.280404', text: 'Invalid DB instance ID.' },
  'invalid-instance-name': { status: 400, code: 'DBS.280234', text: 'Invalid DB instance name.' },
  'invalid-connection-string': { status: 400, code: 'DBS.280001', text: parameter },
  'invalid-project-id': { status: 400, code: 'DBS.280408', text: 'Invalid project id.' },
  'invalid-limit': { status: 400, code: 'DBS.280439', text: 'Invalid limit.' },
  'invalid-offset': { status: 400, code: 'DBS.280440', text: 'Invalid offset.' },
  'invalid-date': { status: 400, code: 'DBS.280409', text: 'Invalid date.' },
  'invalid-mode': { status: 400, code: 'DBS.280342', text: 'Invalid DB instance mode.' },
  'invalid-keep-days': { status: 400, code: 'DBS.280214', text: 'Invalid retention period.' },
  'invalid-backup-period': { status: 400, code: 'DBS.280215', text: 'Invalid backup cycle.' },
  'invalid-backup-start': { status: 400, code: 'DBS.280216', text: 'Invalid backup start time.' },
  'invalid-backup-end': { status: 400, code: 'DBS.280416', text: 'Invalid backup end time.' },
  'invalid-setting': { status: 400, code: 'DBS.280001', text: parameter },
  'invalid-selection': { status: 400, code: 'DBS.280001', text: parameter },
  'invalid-database-name': { status: 400, code: 'DBS.239020', text: 'Invalid database name.' },
  'invalid-name': { status: 400, code: 'DBS.280001', text: parameter },
  'invalid-password': { status: 400, code: 'DBS.280001', text: parameter },
  'invalid-permission-policy': { status: 400, code: 'DBS.280001', text: parameter },
  'invalid-assertion': { status: 400, code: 'DBS.280001', text: parameter },
  'invalid-archive': { status: 400, code: 'DBS.280001', text: parameter },
  'invalid-drill-schedule': { status: 400, code: 'DBS.280001', text: parameter },
  'request-too-large': { status: 413, code: 'DBS.200001', text: parameter },
  'operation-illegal': { status: 400, code: 'DBS.200004', text: 'Operation is illegal.' },
  'unsupported-operation': { status: 400, code: 'DBS.280343', text: 'Unsupported operation.' },
  'unknown-engine': { status: 404, code: 'DBS.200042', text: 'Invalid database engine.' },
  unauthenticated: { status: 401, code: 'DBS.280056', text: 'Invalid token.' },
  'bad-signature': { status: 401, code: 'APIGW.0301', text: gateway },
  'wrong-credentials': { status: 401, code: 'APIGW.0301', text: `${gateway} the username or password is wrong.` },
  forbidden: { status: 403, code: 'DBS.280032', text: permission },
  'project-mismatch': { status: 403, code: 'DBS.280032', text: permission },
  'permission-denied': {
    status: 403,
    code: 'DBS.280063',
    text: 'You do not have following permission to perform this operation:',
  },
  'instance-not-found': { status: 404, code: 'DBS.200002', text: 'The DB instance does not exist.' },
  'backup-not-found': { status: 400, code: 'DBS.201214', text: 'The backup file does not exist.' },
  'database-not-found': { status: 400, code: 'DBS.200823', text: 'The database does not exist.' },
  'job-not-found': { status: 400, code: 'DBS.200543', text: 'The job does not exist.' },
  'project-not-found': { status: 400, code: 'DBS.280408', text: 'Invalid project id.' },
  'user-not-found': { status: 404, code: 'DBS.200001', text: parameter },
  'access-key-not-found': { status: 404, code: 'DBS.200001', text: parameter },
  'role-not-found': { status: 404, code: 'DBS.200001', text: parameter },
  'token-not-found': { status: 404, code: 'DBS.200001', text: parameter },
  'route-not-found': {
    status: 404,
    code: 'APIGW.0101',
    text: 'The API does not exist or has not been published in the environment',
  },
  'object-not-found': { status: 500, code: 'DBS.280005', text: serverError },
  'backup-name-taken': { status: 400, code: 'DBS.201201', text: 'The backup already exists.' },
  'instance-busy': { status: 403, code: 'DBS.201014', text: 'Operation cannot be executed in current state of the DB instance.' },
  'instance-not-ready': { status: 403, code: 'DBS.200018', text: nodeState },
  'backup-not-restorable': { status: 400, code: 'DBS.280124', text: 'Invalid backup.' },
  'oplog-gap': { status: 400, code: 'DBS.280124', text: 'Invalid backup.' },
  'backup-in-use': {
    status: 400,
    code: 'DBS.201319',
    text: 'Deleting backup file is not allowed because a restoration task is currently in progress. Please wait.',
  },
  'target-not-empty': { status: 400, code: 'DBS.200004', text: 'Operation is illegal.' },
  'time-not-restorable': { status: 400, code: 'DBS.280409', text: 'Invalid date.' },
  'not-replayable': { status: 400, code: 'DBS.280343', text: 'Unsupported operation.' },
  'collection-name-taken': { status: 400, code: 'DBS.200826', text: 'The database name already exists.' },
  'name-taken': { status: 409, code: 'DBS.200001', text: parameter },
  'project-not-empty': { status: 409, code: 'DBS.200001', text: parameter },
  'repository-owned': { status: 500, code: 'DBS.280005', text: serverError },
  'data-folder-locked': { status: 500, code: 'DBS.280005', text: serverError },
  'instance-unreachable': { status: 403, code: 'DBS.200018', text: nodeState },
  'instance-unsupported': { status: 400, code: 'DBS.280343', text: 'Unsupported operation.' },
  'identity-unavailable': { status: 503, code: 'DBS.280005', text: serverError },
  'store-unavailable': { status: 500, code: 'DBS.201509', text: 'Failed to access OBS.' },
  'catalog-unavailable': { status: 500, code: 'DBS.280005', text: serverError },
  'still-reading': { status: 503, code: 'DBS.280005', text: serverError },
  'rate-limited': { status: 429, code: 'DBS.280443', text: 'The maximum number of connections has been reached.' },
  'capture-failed': { status: 500, code: 'DBS.280005', text: serverError },
  'restore-failed': { status: 500, code: 'DBS.280005', text: serverError },
  'mongod-unavailable': { status: 500, code: 'DBS.280005', text: serverError },
  'object-corrupt': { status: 500, code: 'DBS.280005', text: serverError },
  'wrong-key': { status: 500, code: 'DBS.280005', text: serverError },
  'image-mismatch': { status: 500, code: 'DBS.280005', text: serverError },
  'drill-failed': { status: 500, code: 'DBS.280005', text: serverError },
  'invalid-region': { status: 400, code: 'DBS.200024', text: 'The region is unavailable.' },
  'invalid-zone': { status: 400, code: 'DBS.280244', text: 'Invalid AZ.' },
  'invalid-vpc': { status: 400, code: 'DBS.280247', text: 'Invalid VPC.' },
  'invalid-subnet': { status: 400, code: 'DBS.280248', text: 'Invalid subnet.' },
  'invalid-security-group': { status: 400, code: 'DBS.280249', text: 'Invalid security group.' },
  'invalid-disk-key': { status: 400, code: 'DBS.280438', text: 'Invalid encryption key.' },
  'invalid-enterprise-project': { status: 403, code: 'DBS.280433', text: 'Invalid enterprise project ID.' },
  'no-datastore': { status: 400, code: 'DBS.280446', text: 'The database information does not exist.' },
  'invalid-engine': { status: 400, code: 'DBS.280235', text: 'Invalid database type.' },
  'invalid-engine-version': { status: 400, code: 'DBS.280236', text: 'Invalid database version.' },
  'invalid-storage-engine': { status: 400, code: 'DBS.280122', text: 'Invalid DB engine.' },
  'invalid-port': { status: 400, code: 'DBS.200059', text: 'Invalid database port.' },
  'port-out-of-range': { status: 400, code: 'DBS.200060', text: 'The database port number is out of the specified range.' },
  'port-unchanged': { status: 400, code: 'DBS.200462', text: 'The database port is the same as the current port.' },
  'invalid-db-password': { status: 400, code: 'DBS.200052', text: 'Invalid password.' },
  'password-characters': { status: 400, code: 'DBS.280200', text: 'The password contains invalid characters.' },
  'weak-password': { status: 400, code: 'DBS.200068', text: 'Weak password.' },
  'invalid-db-user': { status: 400, code: 'DBS.280292', text: 'Invalid database username.' },
  'db-user-not-found': { status: 400, code: 'DBS.200824', text: 'The database account does not exist.' },
  'invalid-node-count': { status: 400, code: 'DBS.280123', text: 'Invalid node number.' },
  'invalid-node-type': { status: 400, code: 'DBS.280327', text: 'Invalid node type.' },
  'invalid-storage': { status: 400, code: 'DBS.280241', text: 'Invalid storage type' },
  'invalid-volume-size': { status: 400, code: 'DBS.280311', text: 'Invalid storage space.' },
  'volume-out-of-range': { status: 400, code: 'DBS.280242', text: 'The storage space is out of range.' },
  'volume-not-multiple': { status: 400, code: 'DBS.200302', text: 'The storage space must be a multiple of 10.' },
  'volume-too-small': { status: 400, code: 'DBS.280266', text: 'Invalid storage space.' },
  'invalid-spec': { status: 400, code: 'DBS.280239', text: 'Invalid specifications.' },
  'spec-mismatch': { status: 400, code: 'DBS.239012', text: 'The specifications are improper.' },
  'spec-not-sources': { status: 400, code: 'DBS.280267', text: 'Specifications not match.' },
  'invalid-ssl-option': { status: 400, code: 'DBS.239011', text: 'Invalid SSL option.' },
  'invalid-tag-key': { status: 400, code: 'DBS.280482', text: 'Invalid user tag key.' },
  'invalid-tag-value': { status: 400, code: 'DBS.280483', text: 'Invalid tag value.' },
  'too-many-tags': { status: 400, code: 'DBS.280484', text: 'Tag number reach limit.' },
  'unsupported-mode': { status: 400, code: 'DBS.280347', text: 'Unsupported database type.' },
  'too-many-instances': { status: 400, code: 'DBS.280280', text: 'Invalid DB instance number.' },
  'node-not-found': { status: 400, code: 'DBS.200451', text: 'The node does not exist.' },
  'port-taken': { status: 400, code: 'DBS.200059', text: 'Invalid database port.' },
  'backup-not-of-instance': { status: 400, code: 'DBS.201204', text: 'The backup file does not exist.' },
  'address-bound': {
    status: 400,
    code: 'DBS.200702',
    text: 'The node has been bound to a public IP address and cannot be bound again.',
  },
  'address-not-bound': { status: 400, code: 'DBS.200701', text: 'The EIP status does not allow EIP unbinding.' },
  'invalid-address': { status: 400, code: 'DBS.280421', text: 'Invalid EIP .' },
  'invalid-ip': { status: 400, code: 'DBS.280284', text: 'Invalid IP address.' },
  'invalid-session': { status: 400, code: 'DBS.301071', text: 'Invalid session id.' },
  'invalid-session-type': { status: 400, code: 'DBS.301073', text: 'Invalid operation type.' },
  'invalid-cost-time': { status: 400, code: 'DBS.301075', text: 'Invalid cost time.' },
  'invalid-log-start': { status: 400, code: 'DBS.280067', text: 'Invalid start time.' },
  'invalid-log-end': { status: 400, code: 'DBS.280068', text: 'Invalid end time.' },
  'invalid-log-type': { status: 400, code: 'DBS.280066', text: 'Invalid log type.' },
  'configuration-not-found': { status: 400, code: 'DBS.200057', text: 'Invalid parameter group ID.' },
  'invalid-configuration-name': { status: 400, code: 'DBS.212031', text: 'Invalid parameter group name.' },
  'invalid-configuration-description': { status: 400, code: 'DBS.212028', text: 'Invalid description.' },
  'configuration-name-taken': { status: 400, code: 'DBS.212030', text: 'The parameter group name already exists.' },
  'configuration-in-use': {
    status: 400,
    code: 'DBS.212032',
    text: 'The operation cannot be performed because this parameter group is being applied to one or more DB instance nodes.',
  },
  'invalid-parameter': { status: 400, code: 'DBS.280001', text: parameter },
  cancelled: { status: 500, code: 'DBS.280005', text: serverError },
  internal: { status: 500, code: 'DBS.280005', text: serverError },
} as const satisfies Record<ErrorCode, Documented>;

export const transportErrors = {
  'method-not-allowed': { status: 405, code: 'DBS.200001', text: parameter },
  'unsupported-media-type': { status: 415, code: 'DBS.200001', text: parameter },
  'header-too-large': { status: 431, code: 'DBS.200001', text: parameter },
  'request-timeout': { status: 408, code: 'DBS.200001', text: parameter },
  closing: { status: 503, code: 'DBS.280005', text: serverError },
} as const satisfies Record<TransportCode, Documented>;

/** The identity service's own words where it has some; its status where that differs. */
const identityErrors: Partial<Record<ErrorCode, { readonly status?: number; readonly text: string }>> = {
  unauthenticated: { text: 'The request you have made requires authentication.' },
  'wrong-credentials': { text: 'The username or password is wrong.' },
  'project-not-found': { status: 404, text: 'The project does not exist.' },
  'project-mismatch': { text: 'You are not authorized to perform the requested action.' },
  forbidden: { text: 'You are not authorized to perform the requested action.' },
  'permission-denied': { text: 'You are not authorized to perform the requested action:' },
  'rate-limited': { text: 'Too many requests.' },
  'identity-unavailable': { text: 'The identity service is not available.' },
  'route-not-found': { text: 'The resource could not be found.' },
  'user-not-found': { text: 'The user does not exist.' },
  'role-not-found': { text: 'The role does not exist.' },
  'token-not-found': { text: 'The token does not exist or has expired.' },
  'name-taken': { text: 'The name is taken.' },
  'project-not-empty': { text: 'The project is not empty.' },
};

/** Thrown inside the API for what HTTP itself forbids. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly transport: TransportCode;

  constructor(transport: TransportCode, message: string) {
    super(message);
    this.transport = transport;
  }
}

/** What goes back: the status and the two forms its body can have. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly identity: { readonly status: number; readonly message: string };
  /** True if it is the server's own failure, to be logged with its cause. */
  readonly isFault: boolean;
}

/** Translates whatever was thrown. Never fails; an error that nobody foresaw becomes `internal` and says nothing of its cause. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof TransportError) return refusal(transportErrors[error.transport], error.message, undefined);
  if (isLarderError(error)) {
    return refusal(documentedErrors[error.code], saysNothing(error.code) ? '' : error.message, identityErrors[error.code]);
  }
  const foreign = frameworkRefusals[codeOf(error)];
  return foreign === undefined
    ? refusal(documentedErrors['internal'], '', undefined)
    : refusal(foreign.documented, foreign.detail, undefined);
}

/** The body of a refusal on a path of DDS or Larder itself; the gateway's codes carry the request's id as well. */
export function ddsErrorBody(refused: Refusal, requestId: string): Readonly<Record<string, string>> {
  const body = { error_code: refused.code, error_msg: refused.message };
  return refused.code.startsWith('APIGW.') ? { ...body, request_id: requestId } : body;
}

/** The body of a refusal on a path of the identity service. */
export function identityErrorBody({ identity }: Refusal): { readonly error: { code: number; message: string; title: string } } {
  return { error: { code: identity.status, message: identity.message, title: STATUS_CODES[identity.status] ?? 'Error' } };
}

/** Fastify's own errors, by its code. */
const frameworkRefusals: Readonly<Record<string, { readonly documented: Documented; readonly detail: string }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    documented: documentedErrors['request-too-large'],
    detail: 'The body is larger than the server takes.',
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    documented: transportErrors['unsupported-media-type'],
    detail: 'Content-Type must be application/json.',
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    documented: documentedErrors['malformed-request'],
    detail: 'Content-Length is not the length of the body.',
  },
  FST_ERR_BAD_URL: { documented: documentedErrors['malformed-request'], detail: 'The URL is not validly encoded.' },
  FST_ERR_MAX_PARAM_LENGTH: { documented: documentedErrors['malformed-request'], detail: 'A part of the URL is too long.' },
};

/** A wrong password must look like an unknown user, and a bug's message is for the log. */
function saysNothing(code: ErrorCode): boolean {
  return code === 'wrong-credentials' || code === 'internal';
}

function refusal(documented: Documented, detail: string, identity: { status?: number; text: string } | undefined): Refusal {
  return {
    status: documented.status,
    code: documented.code,
    message: join(documented.text, detail),
    identity: { status: identity?.status ?? documented.status, message: join(identity?.text ?? documented.text, detail) },
    isFault: documented.status >= 500 && documented !== transportErrors.closing,
  };
}

function join(text: string, detail: string): string {
  if (detail === '' || text.startsWith(detail)) return text;
  if (detail.startsWith(text)) return detail;
  return `${text}${/[.:]$/.test(text) ? '' : '.'} ${detail}`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
