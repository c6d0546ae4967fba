import { createServer } from 'node:net';
import { LarderError } from '../core/errors.ts';

/** Where a search that ran past the last port goes on. */
const lowest = 2100;
const highest = 9500;

/**
 * `count` different ports: the first one that is free from `first` on upwards, then the next free ones. Beyond 9500 the search goes on at 2100,
 * unless it began beyond. `taken` are in use by servers that may not run now. `mongod-unavailable` where too few are free.
 */
export async function choosePorts(
  first: number,
  count: number,
  {
    host,
    taken,
    reserve = async () => true,
  }: {
    readonly host: string;
    readonly taken: ReadonlySet<number>;
    /** Asked of each that is free; one that cannot be had is passed over. */
    readonly reserve?: (port: number) => Promise<boolean>;
  },
): Promise<number[]> {
  const ports: number[] = [];
  const [from, to] = first > highest ? [first, first + 1000] : [lowest, highest];
  for (let step = 0; step <= to - from && ports.length < count; step += 1) {
    const port = from + ((first - from + step) % (to - from + 1));
    if (!taken.has(port) && (await isPortFree(port, host)) && (await reserve(port))) ports.push(port);
  }
  if (ports.length < count)
    throw new LarderError('mongod-unavailable', `This machine has no ${count} free ports from ${from} to ${to}.`);
  return ports;
}

/** True if nobody listens on the port, neither at the address nor on loopback. */
export async function isPortFree(port: number, host: string): Promise<boolean> {
  for (const address of new Set(['127.0.0.1', host])) if (!(await canListen(port, address))) return false;
  return true;
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
