import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../src/lib/free-port.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { until } from '../fixtures/until.ts';

/** A real server in a process of its own, with a data folder that goes with it. */
export interface Larder extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly endpoint: string;
  readonly projectId: string;
  readonly password: string;
  /** A call as `admin`; fails, with the server's answer, for every status from 400. */
  call<T>(method: string, path: string, body?: unknown): Promise<T>;
}

const password = 'Test-Password-1';

/** Starts `src/main.ts` and logs in. Fails with all that it wrote if it does not answer within 90 seconds, or ends. */
export async function startLarder(): Promise<Larder> {
  const folder = await temporaryFolder();
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const own = {
    LARDER_HOST: '127.0.0.1',
    LARDER_PORT: String(port),
    LARDER_REGION: 'eu-de',
    LARDER_DATA_DIR: folder.path,
    LARDER_ADMIN_PASSWORD: password,
  };
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('LARDER_')));
  const child = spawn(process.execPath, ['--liftoff-only', '--max-semi-space-size=2', main], {
    cwd: folder.path,
    env: { ...environment, ...own },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (output += part));
  child.stderr.setEncoding('utf8').on('data', (part: string) => (output += part));
  const end = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await exited;
    await folder[Symbol.asyncDispose]();
  };

  const send = (method: string, path: string, body: unknown, token: string | null): Promise<Response> =>
    fetch(endpoint + path, {
      method,
      headers: { 'content-type': 'application/json', ...(token === null ? {} : { 'x-auth-token': token }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

  try {
    // A first start makes a database, which takes its time on a busy machine; one that has ended is not waited for.
    await until(async () => child.exitCode !== null || (await send('GET', '/larder/v1/health', undefined, null)).ok, {
      what: 'the server to answer',
      timeoutMs: 90_000,
    });
    const user = { name: 'admin', domain: { name: 'Default' }, password };
    const scope = { project: { name: 'eu-de_default' } };
    const login = await send(
      'POST',
      '/v3/auth/tokens',
      { auth: { identity: { methods: ['password'], password: { user } }, scope } },
      null,
    );
    const { token } = (await login.json()) as { token: { project: { id: string } } };
    const text = login.headers.get('x-subject-token');
    return {
      endpoint,
      projectId: token.project.id,
      password,
      async call<T>(method: string, path: string, body?: unknown) {
        const answer = await send(method, path, body, text);
        if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
        return (await answer.json()) as T;
      },
      [Symbol.asyncDispose]: end,
    };
  } catch (error) {
    await end();
    throw new Error(`The server did not start:\n${output}`, { cause: error });
  }
}
