import { createHash } from 'node:crypto';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { checkObjectKey, checkObjectPrefix } from './object-key.ts';
import type { ObjectStore, StoreOptions } from './port.ts';
import { isRangeRefusal, translateS3Error } from './s3-errors.ts';
import { rangeMissing, throwIfCancelled } from './store-errors.ts';
import type { StoreUrl } from './store-url.ts';

/** A request that gets no byte for so long has failed, in milliseconds. */
const requestTimeout = 60_000;
const connectionTimeout = 10_000;

/**
 * Opens a bucket of any S3-compatible store. Credentials come from the standard chain of the SDK when the first request is
 * made. Nothing is retried here: one decorator does that for every store.
 */
export function openS3Store(url: Extract<StoreUrl, { kind: 's3' }>): ObjectStore {
  const client = new S3Client({
    ...(url.endpoint === null ? {} : { endpoint: url.endpoint }),
    ...(url.region === null ? {} : { region: url.region }),
    forcePathStyle: url.pathStyle,
    maxAttempts: 1,
    // Newer checksum headers are refused by some compatible stores; uploads carry Content-MD5, which all of them check.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { requestTimeout, connectionTimeout },
  });
  const location = `s3://${url.bucket}${url.prefix === '' ? '' : `/${url.prefix}`}`;
  const base = url.prefix === '' ? '' : `${url.prefix}/`;
  const at = (key: string) => ({ Bucket: url.bucket, Key: base + key });

  const guarded = async <T>(
    key: string,
    options: StoreOptions | undefined,
    run: (sending: { abortSignal?: AbortSignal }) => Promise<T>,
  ): Promise<T> => {
    checkObjectKey(key);
    const signal = options?.signal;
    throwIfCancelled(signal);
    try {
      return await run(signal === undefined ? {} : { abortSignal: signal });
    } catch (error) {
      throw translateS3Error(error, location, key, signal);
    }
  };

  const statObject: ObjectStore['stat'] = (key, options) =>
    guarded(key, options, async (sending) => {
      try {
        const answer = await client.send(new HeadObjectCommand(at(key)), sending);
        return { key, size: answer.ContentLength!, modified: answer.LastModified! };
      } catch (error) {
        const translated = translateS3Error(error, location, key, options?.signal);
        if (translated.code === 'object-not-found') return null;
        throw translated;
      }
    });

  return {
    location,
    put: (key, bytes, options) =>
      guarded(key, options, async (sending) => {
        const ContentMD5 = createHash('md5').update(bytes).digest('base64');
        await client.send(new PutObjectCommand({ ...at(key), Body: bytes, ContentLength: bytes.length, ContentMD5 }), sending);
      }),
    get: (key, options) =>
      guarded(key, options, async (sending) => {
        const answer = await client.send(new GetObjectCommand(at(key)), sending);
        const bytes = Buffer.from(await answer.Body!.transformToByteArray());
        if (bytes.length !== answer.ContentLength) throw rangeMissing(location, key, 0, answer.ContentLength ?? 0);
        return bytes;
      }),
    async getRange(key, offset, length, options) {
      if (length === 0) {
        // A range header cannot ask for nothing.
        const facts = await statObject(key, options);
        if (facts !== null && facts.size < offset) throw rangeMissing(location, key, offset, length);
        if (facts !== null) return Buffer.alloc(0);
      }
      return guarded(key, options, async (sending) => {
        try {
          const Range = `bytes=${offset}-${offset + Math.max(length, 1) - 1}`;
          const answer = await client.send(new GetObjectCommand({ ...at(key), Range }), sending);
          const bytes = Buffer.from(await answer.Body!.transformToByteArray());
          if (bytes.length !== length) throw rangeMissing(location, key, offset, length);
          return bytes;
        } catch (error) {
          throw isRangeRefusal(error) ? rangeMissing(location, key, offset, length, error) : error;
        }
      });
    },
    stat: statObject,
    async *list(prefix, options) {
      checkObjectPrefix(prefix);
      const signal = options?.signal;
      let ContinuationToken: string | undefined;
      do {
        throwIfCancelled(signal);
        const page = await client
          .send(
            new ListObjectsV2Command({
              Bucket: url.bucket,
              Prefix: base + prefix,
              ...(ContinuationToken === undefined ? {} : { ContinuationToken }),
            }),
            signal === undefined ? {} : { abortSignal: signal },
          )
          .catch((error: unknown) => {
            throw translateS3Error(error, location, prefix, signal);
          });
        for (const object of page.Contents ?? []) {
          throwIfCancelled(signal);
          yield { key: object.Key!.slice(base.length), size: object.Size!, modified: object.LastModified! };
        }
        ContinuationToken = page.IsTruncated ? page.NextContinuationToken : undefined;
      } while (ContinuationToken !== undefined);
    },
    delete: (key, options) =>
      guarded(key, options, async (sending) => {
        await client.send(new DeleteObjectCommand(at(key)), sending);
      }),
    async close() {
      client.destroy();
    },
  };
}
