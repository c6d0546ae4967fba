import { createPrivateKey } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../lib/clock.ts';
import { issueAuthority, issueForServer, type Issuer } from './issue-certificate.ts';

const commonName = 'Larder instances';

/** The authority that signs the certificates of Larder's own instances: `ca.pem`, for clients, and `ca.key`, for nobody else. */
export interface OwnAuthority {
  /** Absolute path of the certificate in PEM. */
  readonly certificateFile: string;
  /** Writes certificate and key of a server that is known by these names into one file, readable by its owner only. */
  issue(path: string, names: readonly string[]): Promise<void>;
}

/** The authority that lies in the folder; made where there is none yet. */
export async function ownAuthority(folder: string, clock: Clock): Promise<OwnAuthority> {
  await mkdir(folder, { recursive: true });
  const [certificateFile, keyFile] = [join(folder, 'ca.pem'), join(folder, 'ca.key')];
  let issuer = await readIssuer(keyFile, certificateFile);
  if (issuer === null) {
    const made = issueAuthority(commonName, clock.now());
    const pem = made.key.export({ type: 'pkcs8', format: 'pem' }).toString();
    // The key last: without it there is no authority yet, and both are made again.
    await writeWhole(certificateFile, made.certificatePem, 0o644);
    await writeWhole(keyFile, pem, 0o600);
    issuer = { commonName, key: made.key };
  }
  const signer = issuer;
  return {
    certificateFile,
    async issue(path, names) {
      const { certificatePem, key } = issueForServer(signer, 'Larder instance', names, clock.now());
      await writeWhole(path, certificatePem + key.export({ type: 'pkcs8', format: 'pem' }).toString(), 0o600);
    },
  };
}

async function readIssuer(keyFile: string, certificateFile: string): Promise<Issuer | null> {
  try {
    await readFile(certificateFile);
    return { commonName, key: createPrivateKey(await readFile(keyFile)) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function writeWhole(path: string, content: string, mode: number): Promise<void> {
  await writeFile(`${path}.new`, content, { mode });
  await rename(`${path}.new`, path);
}
