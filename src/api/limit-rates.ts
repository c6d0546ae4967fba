import { isIPv6 } from 'node:net';
import type { FastifyReply } from 'fastify';
import { LarderError } from '../core/errors.ts';
import type { Clock } from '../lib/clock.ts';
import { createRateLimiter, type RateLimiter } from '../lib/rate-limiter.ts';
import type { ApiServer } from './context.ts';

/** Requests in a minute; null: as many as come. */
export interface RateLimits {
  readonly perAddress: number | null;
  readonly perUser: number | null;
}

/** Refuses, with `rate-limited` and Retry-After, what comes too fast from an address, before anything else is looked at. */
export function limitAddresses(server: ApiServer, { perAddress }: RateLimits, clock: Clock): void {
  if (perAddress === null) return;
  const limiter = createRateLimiter(perAddress, clock);
  server.addHook('onRequest', async (request, reply) => refuseIfTooFast(limiter, networkOf(request.ip), reply));
}

/** The same for each user, once it is known who asks. To be added after authentication. */
export function limitUsers(server: ApiServer, { perUser }: RateLimits, clock: Clock): void {
  if (perUser === null) return;
  const limiter = createRateLimiter(perUser, clock);
  server.addHook('preValidation', async ({ principal }, reply) => {
    if (principal !== null) refuseIfTooFast(limiter, principal.userId, reply);
  });
}

function refuseIfTooFast(limiter: RateLimiter, key: string, reply: FastifyReply): void {
  const seconds = limiter.take(key);
  if (seconds === 0) return;
  reply.header('Retry-After', String(seconds));
  throw new LarderError('rate-limited', `Try again in ${seconds} s.`, { retryable: true });
}

/** One customer of a network has a whole /64 of version 6, so that counts as one address. */
function networkOf(address: string): string {
  // Of an address of version 4 in the clothes of version 6, that.
  if (!isIPv6(address) || /\.\d+$/.test(address)) return address.replace(/^.*:/, '');
  const [head = '', tail = ''] = address.split('%', 1)[0]!.split('::');
  const groups = head === '' ? [] : head.split(':');
  const last = tail === '' ? [] : tail.split(':');
  const zeros = address.includes('::') ? Array.from({ length: 8 - groups.length - last.length }, () => '0') : [];
  return [...groups, ...zeros, ...last].slice(0, 4).join(':');
}
