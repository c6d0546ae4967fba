import { Socket } from 'node:net';
import { answerBrokenRequest } from './client-errors.ts';
import type { ApiServer } from './context.ts';

/**
 * Ends the connection of a request whose body has not come `limit` milliseconds after its head, and says so; but for routes that
 * take long bodies. (Node's own limit knows no exception.)
 */
export function limitRequestTime(server: ApiServer, limit: number): void {
  server.addHook('onRequest', async (request, reply) => {
    const { raw } = request;
    const hasBody = raw.headers['transfer-encoding'] !== undefined || Number(raw.headers['content-length'] ?? 0) > 0;
    const { socket } = raw;
    // What is injected has no connection that could be slow.
    if (!(socket instanceof Socket)) return;
    if (!hasBody || request.routeOptions.config.longBody === true) return;
    const timer = setTimeout(() => {
      // What was refused already may still be sent for ever.
      if (reply.raw.writableEnded) socket.destroy();
      else answerBrokenRequest(tooSlow(), socket, request.id);
    }, limit).unref();
    const stop = (): void => clearTimeout(timer);
    raw.once('end', stop).once('close', stop);
  });
}

function tooSlow(): Error {
  return Object.assign(new Error('the body did not come in time'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
}
