import { readFile } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { LarderError } from '../core/errors.ts';

/** The files that a connection string can name, by the option in small letters, and what must be in them. */
const files = new Map<string, { readonly option: string; readonly blocks: readonly RegExp[]; readonly holds: string }>([
  ['tlscafile', { option: 'tlsCAFile', blocks: [/-----BEGIN (TRUSTED )?CERTIFICATE-----/], holds: 'a certificate' }],
  ['tlscrlfile', { option: 'tlsCRLFile', blocks: [/-----BEGIN X509 CRL-----/], holds: 'a revocation list' }],
  [
    'tlscertificatekeyfile',
    {
      option: 'tlsCertificateKeyFile',
      blocks: [/-----BEGIN CERTIFICATE-----/, /-----BEGIN [A-Z ]*PRIVATE KEY-----/],
      holds: 'a certificate and its private key',
    },
  ],
]);

/**
 * Looks into the files that the connection string names on this machine, because the driver would blame the network for what is
 * wrong with them. Throws `invalid-connection-string` naming option and file.
 */
export async function checkCertificateFiles(uri: string): Promise<void> {
  const query = uri.indexOf('?');
  if (query === -1) return;
  for (const [name, path] of new URLSearchParams(uri.slice(query + 1))) {
    const file = files.get(name.toLowerCase());
    if (file === undefined) continue;
    const refuse = (what: string): LarderError =>
      new LarderError('invalid-connection-string', `${file.option} of the connection string names ${path}, ${what}.`);
    if (!isAbsolute(path)) throw refuse('which is no absolute path of the machine that Larder runs on');
    let text: string;
    try {
      text = await readFile(path, 'latin1');
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'ENOENT' || code === 'ENOTDIR') throw refuse('which does not exist on the machine that Larder runs on');
      throw refuse(`which Larder cannot read (${code ?? 'unknown reason'})`);
    }
    if (!file.blocks.every((block) => block.test(text))) throw refuse(`which does not hold ${file.holds} in PEM form`);
  }
}
