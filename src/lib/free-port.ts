import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the range from which systems take the local ports of outgoing connections, so that nobody is given it by chance. */
const firstPort = 20_000;
const lastPort = 32_000;
const attempts = 50;

/**
 * A loopback TCP port that nobody listens on at this moment. Whoever uses it must still be ready to find it taken: another
 * process may be quicker. Throws after 50 taken ports in a row.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const port = randomInt(firstPort, lastPort);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port on 127.0.0.1 after ${attempts} attempts`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
