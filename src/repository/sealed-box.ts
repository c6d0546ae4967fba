import { createCipheriv, createDecipheriv } from 'node:crypto';
import { tagLength } from './format.ts';

const algorithm = 'aes-256-gcm';

/** AES-256-GCM: writes `ciphertext || tag` into `target` at `at` and returns how many bytes that is. */
export function sealInto(target: Buffer, at: number, key: Buffer, nonce: Buffer, data: Buffer, plain: Buffer): number {
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagLength });
  cipher.setAAD(data);
  let end = at;
  for (const part of [cipher.update(plain), cipher.final(), cipher.getAuthTag()]) end += part.copy(target, end);
  return end - at;
}

/** AES-256-GCM: `ciphertext || tag`. */
export function seal(key: Buffer, nonce: Buffer, data: Buffer, plain: Buffer): Buffer {
  const sealed = Buffer.allocUnsafeSlow(plain.length + tagLength);
  sealInto(sealed, 0, key, nonce, data, plain);
  return sealed;
}

/** Opens `ciphertext || tag`; throws if key, nonce, additional data or any byte differ from when it was sealed. */
export function unseal(key: Buffer, nonce: Buffer, data: Buffer, sealed: Buffer): Buffer {
  if (sealed.length < tagLength) throw new RangeError('shorter than its tag');
  const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagLength });
  decipher.setAAD(data);
  decipher.setAuthTag(sealed.subarray(sealed.length - tagLength));
  const plain = decipher.update(sealed.subarray(0, sealed.length - tagLength));
  decipher.final();
  return plain;
}
