import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { LarderError } from './core/errors.ts';

/** Where certificate (with its chain) and key lie, in PEM. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
}

/** The contents of the files. Holds a secret: never log it. */
export interface TlsMaterial {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** How often the files are looked at, milliseconds. */
const watchInterval = 5_000;

/** Reads the files. `invalid-setting`, naming the setting, if one cannot be read or the two do not make a pair. */
export async function readTlsFiles({ certificate, key }: TlsFiles): Promise<TlsMaterial> {
  const material = { cert: await read('LARDER_TLS_CERT', certificate), key: await read('LARDER_TLS_KEY', key) };
  try {
    createSecureContext(material);
  } catch (error) {
    // No cause: what OpenSSL says of a key file may quote it.
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    throw new LarderError(
      'invalid-setting',
      `LARDER_TLS_CERT and LARDER_TLS_KEY are no pair of certificate and key (${reason}).`,
    );
  }
  return material;
}

/**
 * Reads the files again at SIGHUP and when they change, and hands over what they hold if it is good; if not, `onError` is told and what
 * is in use stays. Disposing stops it.
 */
export function watchTlsFiles(
  files: TlsFiles,
  on: { readonly renewed: (material: TlsMaterial) => void; readonly error: (error: unknown) => void },
): Disposable {
  const reload = (): void => void readTlsFiles(files).then(on.renewed).catch(on.error);
  const paths = [files.certificate, files.key];
  for (const path of paths) watchFile(path, { interval: watchInterval, persistent: false }, reload);
  process.on('SIGHUP', reload);
  return {
    [Symbol.dispose]() {
      for (const path of paths) unwatchFile(path, reload);
      process.off('SIGHUP', reload);
    },
  };
}

async function read(setting: string, path: string): Promise<Buffer> {
  return readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new LarderError('invalid-setting', `${setting} is ${path}, which cannot be read (${error.code ?? 'unknown reason'}).`, {
      cause: error,
      details: { setting },
    });
  });
}
