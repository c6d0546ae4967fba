import { Server } from 'node:https';
import type { Socket } from 'node:net';
import type { ApiServer } from './context.ts';

/**
 * When the server stops, closes the connections on which no request came yet: clients open some in advance, and Node would wait for
 * each until its client gives up.
 */
export function closeUnused(api: ApiServer): void {
  const { server } = api;
  const unused = new Set<Socket>();
  server.on(server instanceof Server ? 'secureConnection' : 'connection', (socket: Socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  server.on('request', ({ socket }: { readonly socket: Socket }) => void unused.delete(socket));
  api.addHook('preClose', async () => {
    for (const socket of unused) socket.destroy();
  });
}
