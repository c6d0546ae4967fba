import { CommandError } from './command-error.ts';
import type { Connection, Credentials } from './credentials.ts';
import { exitCodes } from './exit-codes.ts';
import { openHttpStream, type StreamRequest } from './http-stream.ts';
import { createHttpClient, type HttpAnswer, type HttpClient, type HttpClientOptions, type HttpRequest } from './http-client.ts';

/** An authenticated caller of one project. */
export interface Session {
  readonly endpoint: string;
  /** 32 hex digits. */
  readonly projectId: string;
  /** As HttpClient, with the token; a token that is not accepted any more is replaced and the request sent once again. */
  readonly send: HttpClient;
  /** Sends a request whose body, or whose answer, is no JSON and of any length; gives the answer, unread. Throws as `send`. */
  readonly stream: (request: StreamRequest) => Promise<Response>;
}

/**
 * Logs in and learns the project. Throws CommandError as HttpClient does; wrong credentials are `unauthenticated`.
 */
export async function openSession(connection: Connection, options: Omit<HttpClientOptions, 'endpoint'>): Promise<Session> {
  const { endpoint, credentials } = connection;
  const http = createHttpClient({ ...options, endpoint });
  let login = await logIn(http, credentials);

  const send = async (request: HttpRequest): Promise<HttpAnswer> => {
    const attempt = (token: string): Promise<HttpAnswer> =>
      http({ ...request, headers: { ...request.headers, 'x-auth-token': token } });
    try {
      return await attempt(login.token);
    } catch (error) {
      if (credentials.kind === 'token' || !isRejectedToken(error)) throw error;
      login = await logIn(http, credentials);
      return attempt(login.token);
    }
  };
  return {
    endpoint,
    projectId: login.projectId,
    send,
    // The token was made a moment ago: commands that stream begin with other calls.
    stream: (request) => openHttpStream({ endpoint, signal: options.signal }, { ...request, token: login.token }),
  };
}

interface Login {
  readonly token: string;
  readonly projectId: string;
}

async function logIn(http: HttpClient, credentials: Credentials): Promise<Login> {
  const answer = await http(credentials.kind === 'token' ? showToken(credentials.token) : passwordLogin(credentials));
  const token = credentials.kind === 'token' ? credentials.token : answer.headers.get('x-subject-token');
  const projectId = projectOf(answer.json);
  if (token === null || token === '' || projectId === null) {
    throw new CommandError(
      'unauthenticated',
      exitCodes.unauthorised,
      'The token is not for a project; ask for one with a project scope.',
    );
  }
  return { token, projectId };
}

function showToken(token: string): HttpRequest {
  return { method: 'GET', path: '/v3/auth/tokens?nocatalog', headers: { 'x-auth-token': token, 'x-subject-token': token } };
}

function passwordLogin(credentials: Extract<Credentials, { kind: 'password' }>): HttpRequest {
  const domain = { name: credentials.domain };
  const project = 'id' in credentials.project ? credentials.project : { name: credentials.project.name, domain };
  const user = { name: credentials.user, password: credentials.password, domain };
  const body = { auth: { identity: { methods: ['password'], password: { user } }, scope: { project } } };
  return { method: 'POST', path: '/v3/auth/tokens?nocatalog', body };
}

function projectOf(json: unknown): string | null {
  if (typeof json !== 'object' || json === null || !('token' in json)) return null;
  const { token } = json;
  if (typeof token !== 'object' || token === null || !('project' in token)) return null;
  const { project } = token;
  return typeof project === 'object' && project !== null && 'id' in project && typeof project.id === 'string' ? project.id : null;
}

/** 401 in either form of body; a 403 also ends unauthorised, but a new token would not change it. */
function isRejectedToken(error: unknown): boolean {
  return (
    error instanceof CommandError &&
    (error.code === 'DBS.280056' || error.code === 'APIGW.0301' || error.code === 'unauthenticated')
  );
}
