import { isLarderError, LarderError } from '../core/errors.ts';
import type { Manifest } from '../core/image.ts';
import type { StoreOptions } from '../storage/port.ts';
import { corruptObject } from './corrupt-object.ts';
import { openEnvelope, sealEnvelope, type EnvelopePlace } from './envelope.ts';
import { formatVersion } from './format.ts';
import type { ProjectContext } from './project-context.ts';

function placeOf(context: ProjectContext, backupId: string): EnvelopePlace {
  return { type: 'manifest', key: context.keys.manifests, context: `manifest\0${context.projectId}\0${backupId}` };
}

/** Seals a manifest for its place. */
export function sealManifest(context: ProjectContext, manifest: Manifest): Promise<Buffer> {
  return sealEnvelope(placeOf(context, manifest.backupId), Buffer.from(JSON.stringify(manifest), 'utf8'));
}

/** What an authenticated manifest must have; the rest was checked by whoever held the key. */
function isManifest(value: unknown): value is Manifest {
  if (typeof value !== 'object' || value === null) return false;
  return (
    'formatVersion' in value &&
    value.formatVersion === formatVersion &&
    'collections' in value &&
    Array.isArray(value.collections)
  );
}

/** Reads a manifest: `backup-not-found` if there is none, `object-corrupt` if it was altered or belongs elsewhere. */
export async function readManifest(context: ProjectContext, backupId: string, options: StoreOptions): Promise<Manifest> {
  const object = context.names.manifest(backupId);
  let bytes: Buffer;
  try {
    bytes = await context.store.get(object, options);
  } catch (error) {
    if (isLarderError(error, 'object-not-found'))
      throw new LarderError('backup-not-found', `backup ${backupId} is not in the repository`, { cause: error });
    throw error;
  }
  const { raw, rest } = await openEnvelope(placeOf(context, backupId), bytes, object);
  if (rest.length > 0)
    throw corruptObject(object, 'something follows its end', { offset: bytes.length - rest.length, length: rest.length });
  const manifest: unknown = JSON.parse(raw.toString('utf8'));
  if (!isManifest(manifest)) throw corruptObject(object, 'its format version is not known to this release');
  return manifest;
}
