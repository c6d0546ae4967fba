import { spawn } from 'node:child_process';
import { access, mkdir, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';

/** A pinned release, so that every machine tests against the same server. */
const version = '5.2.5';

/** What a plain-http server on loopback must not be given: a bundle for other certificates, or a proxy. */
const kept = ({ AWS_CA_BUNDLE: _bundle, ...rest }: NodeJS.ProcessEnv): NodeJS.ProcessEnv => rest;

async function run(command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${said.slice(-500)}`);
}

/** The server's program in a virtual environment outside the checkout, made when it is not there yet. */
async function serverProgram(): Promise<string> {
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'larder');
  const environment = join(cache, `moto-${version}`);
  const python = join(environment, 'bin', 'python');
  const ready = join(environment, 'ready');
  if (
    await access(ready).then(
      () => true,
      () => false,
    )
  )
    return python;
  await mkdir(cache, { recursive: true });
  await rm(environment, { recursive: true, force: true });
  await run('python3', ['-m', 'venv', environment]);
  await run(python, ['-m', 'pip', 'install', '--quiet', `moto[s3,server]==${version}`]);
  await mkdir(ready);
  return python;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

/** A real S3 server in a process of its own. */
export interface S3Server {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** Starts the server and resolves once it says that it listens. The first start on a machine installs it, which takes a minute. */
export async function startS3Server(): Promise<S3Server> {
  const port = await freePort();
  const code = 'from moto.server import main; main()';
  const child = spawn(await serverProgram(), ['-u', '-c', code, '-H', '127.0.0.1', '-p', String(port)], {
    env: kept(process.env),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'close');
  await new Promise<void>((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('Running on')) resolve();
    });
    child.once('close', () => reject(new Error(`the S3 server did not start: ${said.slice(-500)}`)));
  });
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async stop() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
