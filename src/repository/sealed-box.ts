import { createCipheriv, createDecipheriv, type DecipherGCM, type KeyObject } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { freeBuffer } from '../lib/free-buffer.ts';
import { tagLength } from './format.ts';

const algorithm = 'aes-256-gcm';

/** 32 bytes. What is used often is better a KeyObject: it is not looked at anew each time. */
export type SealingKey = Buffer | KeyObject;

/** What goes through a cipher at once: the memory of its output is used again, where megabytes would be new memory each time. */
const pieceLength = 64 * 1024;

function* piecesOf(bytes: Buffer): Generator<Buffer, void, undefined> {
  for (let at = 0; at < bytes.length; at += pieceLength) yield bytes.subarray(at, at + pieceLength);
}

/** AES-256-GCM: writes `ciphertext || tag` into `target` at `at` and returns how many bytes that is. */
export function sealInto(target: Buffer, at: number, key: SealingKey, nonce: Buffer, data: Buffer, plain: Buffer): number {
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagLength });
  cipher.setAAD(data);
  let end = at;
  for (const piece of piecesOf(plain)) {
    const part = cipher.update(piece);
    end += part.copy(target, end);
    freeBuffer(part);
  }
  for (const part of [cipher.final(), cipher.getAuthTag()]) end += part.copy(target, end);
  return end - at;
}

/** AES-256-GCM: `ciphertext || tag`. */
export function seal(key: SealingKey, nonce: Buffer, data: Buffer, plain: Buffer): Buffer {
  const sealed = Buffer.allocUnsafeSlow(plain.length + tagLength);
  sealInto(sealed, 0, key, nonce, data, plain);
  return sealed;
}

/** Opens `ciphertext || tag`; throws if key, nonce, additional data or any byte differ from when it was sealed. */
export function unseal(key: SealingKey, nonce: Buffer, data: Buffer, sealed: Buffer): Buffer {
  const decipher = decipherOf(key, nonce, data, sealed);
  const plain = decipher.update(withoutTag(sealed));
  decipher.final();
  return plain;
}

/** As `unseal`, but keeps nothing of it than its CRC-32. */
export function checksumUnsealed(key: SealingKey, nonce: Buffer, data: Buffer, sealed: Buffer): number {
  const decipher = decipherOf(key, nonce, data, sealed);
  let checksum = 0;
  for (const piece of piecesOf(withoutTag(sealed))) {
    const part = decipher.update(piece);
    checksum = crc32(part, checksum);
    freeBuffer(part);
  }
  decipher.final();
  return checksum;
}

function decipherOf(key: SealingKey, nonce: Buffer, data: Buffer, sealed: Buffer): DecipherGCM {
  if (sealed.length < tagLength) throw new RangeError('shorter than its tag');
  const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagLength });
  decipher.setAAD(data);
  decipher.setAuthTag(sealed.subarray(sealed.length - tagLength));
  return decipher;
}

function withoutTag(sealed: Buffer): Buffer {
  return sealed.subarray(0, sealed.length - tagLength);
}
