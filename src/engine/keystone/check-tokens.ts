import { createHash } from 'node:crypto';
import { LarderError } from '../../core/errors.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Token } from '../use-cases.ts';
import { unavailable, type AskKeystone } from './keystone-client.ts';
import { parseKeystoneToken } from './parse-token.ts';

/** How long the outer Keystone's word is taken without asking again; so long a revoked token may still be accepted. */
export const trustedMs = 30_000;
/** The same of a token that it refused: long enough that a client that repeats itself does not become its problem. */
const refusedMs = 5000;
const mostRemembered = 10_000;
const tokenPattern = /^[\x21-\x7e]{1,4096}$/;

export interface TokenChecks {
  /** `unauthenticated` if the outer Keystone does not know it or it has expired; `identity-unavailable`. */
  check(token: string): Promise<Token>;
  /** The next check asks again. */
  forget(token: string): void;
}

/**
 * Checks tokens with the outer Keystone, which lets every token be checked by itself: no account of ours is needed. What it said is
 * remembered for a short time under a hash of the token, never beyond the token's end; two who ask at the same time ask once.
 */
export function tokenChecks(ask: AskKeystone, clock: Clock): TokenChecks {
  const remembered = new Map<string, { readonly until: number; readonly answer: Promise<Token | null> }>();

  const keyOf = (token: string): string => createHash('sha256').update(token).digest('base64');

  const remember = (key: string, until: number, answer: Promise<Token | null>): void => {
    remembered.delete(key);
    remembered.set(key, { until, answer });
    // The oldest first, as a map keeps its order.
    for (const oldest of remembered.keys()) {
      if (remembered.size <= mostRemembered) break;
      remembered.delete(oldest);
    }
  };

  const askAnew = (key: string, token: string): Promise<Token | null> => {
    const answer = askForToken(ask, token);
    remember(key, Infinity, answer);
    answer.then(
      (found) => {
        const now = clock.now().getTime();
        remember(key, found === null ? now + refusedMs : Math.min(now + trustedMs, found.expiresAt.getTime()), answer);
      },
      () => void remembered.delete(key),
    );
    return answer;
  };

  return {
    async check(token) {
      if (!tokenPattern.test(token)) throw unknown();
      const key = keyOf(token);
      const known = remembered.get(key);
      const now = clock.now();
      const found = await (known !== undefined && known.until > now.getTime() ? known.answer : askAnew(key, token));
      if (found === null || found.expiresAt <= now) throw unknown();
      return found;
    },
    forget: (token) => void remembered.delete(keyOf(token)),
  };
}

async function askForToken(ask: AskKeystone, token: string): Promise<Token | null> {
  const headers = { 'X-Auth-Token': token, 'X-Subject-Token': token };
  const { status, body } = await ask({ method: 'GET', path: '/auth/tokens?nocatalog', headers });
  if (status === 401 || status === 404) return null;
  if (status !== 200) throw unavailable(`Asked for a token it answered ${status}.`);
  const found = parseKeystoneToken(body);
  if (found === null) throw unavailable('Its answer is no description of a token.');
  return found;
}

function unknown(): LarderError {
  return new LarderError('unauthenticated', 'The token is unknown, expired or revoked.');
}
