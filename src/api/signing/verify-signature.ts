import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { LarderError } from '../../core/errors.ts';
import { parseSignedDate } from '../times.ts';
import { canonicalRequest, type SignableRequest } from './canonical-request.ts';
import type { SignedAuthorization } from './parse-authorization.ts';

/** How far a client's clock may be off, both ways, in milliseconds. It also bounds how long a signed request can be sent again. */
export const allowedSkew = 15 * 60_000;

/**
 * Checks a request signature over the raw body bytes, in constant time with respect to the signature. Returns if it holds;
 * `bad-signature` with the reason if it does not, or if the request's date is off by more than 15 minutes.
 */
export function verifySignature(
  authorization: SignedAuthorization,
  request: SignableRequest,
  body: Uint8Array,
  secret: string,
  now: Date,
): void {
  const date = single(request, 'x-sdk-date');
  const sent = parseSignedDate(date);
  if (sent === null) throw refuse('X-Sdk-Date must look like 20301123T093810Z');
  if (Math.abs(now.getTime() - sent.getTime()) > allowedSkew) {
    throw refuse(`X-Sdk-Date and the clock of the server (${now.toISOString()}) differ by more than 15 minutes`);
  }
  if (authorization.form === 'scoped' && authorization.date !== date.slice(0, 8)) {
    throw refuse('the date of the credential scope is not the date of X-Sdk-Date');
  }
  const expected = expectedSignature(authorization, request, payloadHashOf(request, body), date, secret);
  if (!timingSafeEqual(Buffer.from(expected, 'hex'), Buffer.from(authorization.signature, 'hex'))) throw refuse(null);
}

/** The signature that the holder of `secret` would have made, as 64 hex digits. */
export function expectedSignature(
  authorization: SignedAuthorization,
  request: SignableRequest,
  payloadHash: string,
  date: string,
  secret: string,
): string {
  const scoped = authorization.form === 'scoped';
  const canonical = sha256(canonicalRequest(request, authorization.signedHeaders, payloadHash, scoped));
  if (!scoped) return hmac(secret, ['SDK-HMAC-SHA256', date, canonical].join('\n')).toString('hex');
  const scope = [authorization.date, authorization.region, authorization.service, 'sdk_request'];
  const key = scope.reduce<string | Buffer>((chain, part) => hmac(chain, part), `SDK${secret}`);
  return hmac(key, ['SDK-HMAC-SHA256', date, scope.join('/'), canonical].join('\n')).toString('hex');
}

/**
 * A client may state the hash in a header. It is taken only if it is the body's own: believed blindly, a signed request
 * could be sent again with another body, and `UNSIGNED-PAYLOAD` would leave the body without any signature.
 */
function payloadHashOf(request: SignableRequest, body: Uint8Array): string {
  const hash = sha256(body);
  const stated = single(request, 'x-sdk-content-sha256');
  if (stated !== '' && stated.toLowerCase() !== hash) throw refuse('X-Sdk-Content-Sha256 is not the hash of the body');
  return stated === '' ? hash : stated;
}

function single(request: SignableRequest, name: string): string {
  return [request.headers[name] ?? ''].flat().join(', ').trim();
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: string | Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

function refuse(reason: string | null): LarderError {
  return new LarderError('bad-signature', `verify aksk signature fail${reason === null ? '' : `: ${reason}`}.`);
}
