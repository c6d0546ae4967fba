import type { FastifyRequest } from 'fastify';

/** Scheme, host and port by which the client reached us: links must lead it back the same way. */
export function baseUrl(request: FastifyRequest): string {
  const host = request.headers.host ?? '';
  if (/^(?:[0-9A-Za-z.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/.test(host)) return `${request.protocol}://${host}`;
  const { localAddress = '127.0.0.1', localPort } = request.socket;
  const address = localAddress.includes(':') ? `[${localAddress}]` : localAddress;
  return `${request.protocol}://${address}${localPort === undefined ? '' : `:${localPort}`}`;
}
