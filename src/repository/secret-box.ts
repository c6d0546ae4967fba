import { randomBytes } from 'node:crypto';
import { corruptObject } from './corrupt-object.ts';
import { nonceLength, tagLength } from './format.ts';
import { seal, unseal } from './sealed-box.ts';

const prefix = 'v1.';

const additional = (context: string): Buffer => Buffer.from(`secret\0${context}`, 'utf8');

/** Encrypts a small secret, bound to `context`. */
export function sealSecret(key: Buffer, plain: string, context: string): string {
  const nonce = randomBytes(nonceLength);
  return prefix + Buffer.concat([nonce, seal(key, nonce, additional(context), Buffer.from(plain, 'utf8'))]).toString('base64url');
}

/** Opens what `sealSecret` made; `object-corrupt` if key, context or a single bit differ. */
export function openSecret(key: Buffer, sealed: string, context: string): string {
  const bytes = Buffer.from(sealed.startsWith(prefix) ? sealed.slice(prefix.length) : '', 'base64url');
  if (bytes.length < nonceLength + tagLength) throw corruptObject('sealed secret', 'not a sealed secret');
  try {
    return unseal(key, bytes.subarray(0, nonceLength), additional(context), bytes.subarray(nonceLength)).toString('utf8');
  } catch (error) {
    throw corruptObject(
      'sealed secret',
      'it was altered, or sealed by another repository or for another purpose',
      undefined,
      error,
    );
  }
}
