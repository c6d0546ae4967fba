import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { ddsErrorBody, refusalOf, TransportError } from './errors.ts';
import { LarderError } from '../core/errors.ts';

/**
 * Answers what never became a request (broken HTTP, headers too large or too slow) and closes the connection: the bytes that
 * follow cannot be understood any more. Does nothing if the client is gone.
 */
export function answerBrokenRequest(error: Error, socket: Duplex, requestId: string): void {
  if (!socket.writable || codeOf(error) === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  socket.end(rawAnswer(broken(error), requestId), () => socket.destroy());
}

function broken(error: Error): TransportError | LarderError {
  switch (codeOf(error)) {
    case 'HPE_HEADER_OVERFLOW':
      return new TransportError('header-too-large', 'The headers are larger than the server takes.');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new TransportError('request-timeout', 'The request did not arrive in time.');
    default:
      return new LarderError('malformed-request', 'This is not a valid HTTP request.');
  }
}

function rawAnswer(error: TransportError | LarderError, requestId: string): string {
  const refused = refusalOf(error);
  const body = JSON.stringify(ddsErrorBody(refused, requestId));
  return [
    `HTTP/1.1 ${refused.status} ${STATUS_CODES[refused.status]}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
