import { randomBytes } from 'node:crypto';
import { corruptObject } from './corrupt-object.ts';
import { formatVersion, limits, nonceLength, tagLength } from './format.ts';
import { seal, unseal } from './sealed-box.ts';
import { compress, decompress } from './zstd.ts';

const magic = Buffer.from('LRDE', 'latin1');
const plainLength = 16;
const headLength = plainLength + nonceLength;

/** Type byte of an envelope. */
export const envelopeTypes = { layer: 1, manifest: 2, record: 3, mark: 4, segment: 5, timeline: 6 } as const;
export type EnvelopeType = keyof typeof envelopeTypes;

/** What an envelope is and where it belongs; opening needs the same again. */
export interface EnvelopePlace {
  readonly type: EnvelopeType;
  readonly key: Buffer;
  /** Binds the content to its place in the repository. */
  readonly context: string;
}

const additional = (head: Buffer, context: string): Buffer =>
  Buffer.concat([head.subarray(0, plainLength), Buffer.from(context, 'utf8')]);

/** Compresses and seals `raw` for one place. */
export async function sealEnvelope(place: EnvelopePlace, raw: Buffer): Promise<Buffer> {
  const frame = await compress(raw);
  const head = Buffer.alloc(headLength);
  magic.copy(head);
  head.writeUInt8(formatVersion, 4);
  head.writeUInt8(envelopeTypes[place.type], 5);
  head.writeUInt32LE(raw.length, 8);
  head.writeUInt32LE(frame.length + tagLength, 12);
  const nonce = randomBytes(nonceLength);
  nonce.copy(head, plainLength);
  return Buffer.concat([head, seal(place.key, nonce, additional(head, place.context), frame)]);
}

/**
 * Authenticates and unpacks the envelope at the start of `bytes`, the content of the object named `object`. `rest` is what
 * follows it. `object-corrupt` for anything that was not sealed for just this place.
 */
export async function openEnvelope(place: EnvelopePlace, bytes: Buffer, object: string): Promise<{ raw: Buffer; rest: Buffer }> {
  if (bytes.length < headLength + tagLength) throw corruptObject(object, 'truncated', { offset: 0, length: bytes.length });
  const head = bytes.subarray(0, headLength);
  if (!head.subarray(0, 4).equals(magic)) throw corruptObject(object, 'not an object of this format', { offset: 0, length: 4 });
  if (head[4] !== formatVersion) throw corruptObject(object, `unknown format version ${head[4]}`, { offset: 4, length: 1 });
  if (head[5] !== envelopeTypes[place.type]) throw corruptObject(object, `not a ${place.type}`, { offset: 5, length: 1 });
  const rawLength = head.readUInt32LE(8);
  const end = headLength + head.readUInt32LE(12);
  if (end > bytes.length) throw corruptObject(object, 'truncated', { offset: bytes.length, length: end - bytes.length });
  if (rawLength > limits.envelopeRaw) throw corruptObject(object, 'too large', { offset: 8, length: 4 });
  try {
    const frame = unseal(place.key, head.subarray(plainLength), additional(head, place.context), bytes.subarray(headLength, end));
    return { raw: await decompress(frame, rawLength), rest: bytes.subarray(end) };
  } catch (error) {
    throw corruptObject(object, 'its content or its place was altered', { offset: 0, length: end }, error);
  }
}
