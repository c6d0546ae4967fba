import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto';

/** About 50 ms and 32 MiB for each check: enough against guessing, little enough to log in. Written into each hash, so it can be raised. */
const cost = { N: 32_768, r: 8, p: 1 } as const;
const keyLength = 32;

/** `scrypt$N$r$p$salt$key`, salt and key in base64url. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, cost);
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64url'), key.toString('base64url')].join('$');
}

/**
 * Whether the password is the one of the hash. Without a hash (no such user) the answer is false after the same work, so
 * that nobody learns from the time taken which users exist.
 */
export async function checkPassword(password: string, hash: string | null): Promise<boolean> {
  const parsed = hash === null ? null : parse(hash);
  const { salt, key, options } = parsed ?? { salt: Buffer.alloc(16), key: Buffer.alloc(keyLength), options: cost };
  const derived = await derive(password, salt, options);
  return timingSafeEqual(derived, key) && parsed !== null;
}

function parse(hash: string): { salt: Buffer; key: Buffer; options: ScryptOptions } | null {
  const [scheme, n, r, p, salt, key] = hash.split('$');
  if (scheme !== 'scrypt' || salt === undefined || key === undefined) return null;
  const stored = Buffer.from(key, 'base64url');
  if (stored.length !== keyLength) return null;
  return { salt: Buffer.from(salt, 'base64url'), key: stored, options: { N: Number(n), r: Number(r), p: Number(p) } };
}

function derive(password: string, salt: Buffer, options: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // The default limit of memory is exactly what these parameters need, and is exclusive.
    scrypt(password.normalize('NFC'), salt, keyLength, { ...options, maxmem: 64 * 1024 * 1024 }, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}
